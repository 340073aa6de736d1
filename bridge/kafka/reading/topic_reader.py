"""Reads topics as their users see them: committed records only, without a group, and without committing."""

import time
from collections.abc import Container, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from bridge.kafka.clients import reader_config
from bridge.kafka.connection.denials import denied, is_denied
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.reading.offsets import Bounds
from bridge.kafka.transaction import Partition
from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings

_SECONDS = 10.0
_GROUP = "chat-reader"
_MESSAGES_AT_ONCE = 1000


class TopicReader:
    """Reads the partitions of some topics, from their present ends, from their beginnings or from given offsets.

    The caller owns the reader, uses it in one thread, and closes it, best by a `with` block. Only records of committed
    transactions are returned, those of a partition in order. The reader keeps its positions in memory: a new reader
    starts anew. A broker that goes away for a while is no error; the caller decides how long to wait. A fatal error of
    the client raises `DependencyUnavailable`, and what may not be read `Denied`.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Sequence[str],
        *,
        from_beginning: bool = False,
        partitions: Container[int] | None = None,
        starts: Mapping[Partition, int] | None = None,
    ) -> None:
        """Find the partitions and their starts. Only partitions with these numbers are read, or all.

        A partition that `starts` has is read from that offset on, or from its beginning if that record is gone.

        Raises `DependencyUnavailable`, `ConfigurationError` if a topic is missing.
        """
        self._consumer = Consumer(reader_config(settings, _GROUP))
        self._reached: dict[Partition, int] = {}
        self._read: list[Partition] = []
        try:
            wanted = [one for one in self._partitions(topics) if partitions is None or one.partition in partitions]
            self._read = [Partition(one.topic, one.partition) for one in wanted]
            self._consumer.assign([self._start(one, starts or {}, from_beginning=from_beginning) for one in wanted])
        except KafkaException as error:
            reason = describe_kafka_error(error, self._consumer)
            self._consumer.close()
            raise KafkaUnavailable(reason) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()

    def poll(self, seconds: float) -> list[Any]:
        """The messages that the client has, after waiting so long for a first one. Raises `DependencyUnavailable`."""
        first: Any = self._consumer.poll(seconds)
        if first is None:
            return []
        messages: list[Any] = [first, *self._consumer.consume(_MESSAGES_AT_ONCE, 0)]
        for message in messages:
            error = message.error()
            # A broker that goes away comes back. The caller decides how long to wait, so only a fatal error ends the
            # reader.
            if error is not None and is_denied(error):
                topic = message.topic()
                # An error without a topic is about the group, which every consumer looks for.
                raise denied(error, f"READ of topic {topic}" if topic else f"DESCRIBE of group {_GROUP}")
            if error is not None and error.fatal():
                raise KafkaUnavailable(describe_kafka_error(error))
            if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name for it
                partition = Partition(message.topic(), message.partition())
                self._reached[partition] = message.offset() + (error is None)
        return [message for message in messages if message.error() is None]

    def reached(self, partition: Partition) -> int:
        """The offset up to which the partition was read. Aborted records were passed over, and count as read."""
        return self._reached.get(partition, 0)

    def bounds(self) -> dict[Partition, Bounds]:
        """Where each partition begins and ends now for readers of committed records; blocks.

        Raises `DependencyUnavailable`.
        """
        try:
            return {
                partition: Bounds(*self._consumer.get_watermark_offsets(TopicPartition(*partition), timeout=_SECONDS))
                for partition in self._read
            }
        except KafkaException as error:
            raise KafkaUnavailable(describe_kafka_error(error, self._consumer)) from error

    def follow(self, seconds: float) -> Iterator[Any]:
        """Yield messages as they come, for that many seconds."""
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            yield from self.poll(min(remaining, 0.1))

    def _partitions(self, topics: Sequence[str]) -> list[TopicPartition]:
        partitions: list[TopicPartition] = []
        for topic in topics:
            found = self._consumer.list_topics(topic, timeout=_SECONDS).topics[topic]
            if found.error is not None and found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise ConfigurationError(f"there is no topic {topic}: run `chat-tasks init` first")
            if found.error is not None and is_denied(found.error):
                raise denied(found.error, f"DESCRIBE of topic {topic}")
            if found.error is not None and found.error.code() == KafkaError.TOPIC_EXCEPTION:
                raise ConfigurationError(f"{topic} is no name that a topic can have")
            partitions.extend(TopicPartition(topic, number) for number in found.partitions)
        return partitions

    def _start(self, one: TopicPartition, starts: Mapping[Partition, int], *, from_beginning: bool) -> TopicPartition:
        if (offset := starts.get(Partition(one.topic, one.partition))) is not None:
            return TopicPartition(one.topic, one.partition, offset)
        if from_beginning:
            return TopicPartition(one.topic, one.partition, OFFSET_BEGINNING)
        # The end is looked up now. With `OFFSET_END` the client would look it up at the first poll, and miss what is
        # sent until then.
        _, end = self._consumer.get_watermark_offsets(one, timeout=_SECONDS)
        return TopicPartition(one.topic, one.partition, end)
