"""Reads topics as their users see them: committed records only, without a group, and without committing."""

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from bridge.kafka.clients import reader_config
from bridge.kafka.errors import describe_kafka_error
from bridge.kafka.transaction import Partition
from chat_tasks.errors import ConfigurationError, DependencyUnavailable
from chat_tasks.settings import Settings

_SECONDS = 10.0
_MESSAGES_AT_ONCE = 1000


class TopicReader:
    """Reads every partition of some topics, from their present ends or from their beginnings.

    The caller owns the reader, uses it in one thread, and closes it, best by a `with` block. Only records of committed
    transactions are returned, those of a partition in order. The reader keeps its positions in memory: a new reader
    starts anew. A broker that goes away for a while is no error; the caller decides how long to wait. A fatal error of
    the client raises `DependencyUnavailable`.
    """

    def __init__(self, settings: Settings, topics: Sequence[str], *, from_beginning: bool = False) -> None:
        """Find the partitions and their starts.

        Raises `DependencyUnavailable`, `ConfigurationError` if a topic is missing.
        """
        self._consumer = Consumer(reader_config(settings, "chat-reader"))
        self._reached: dict[Partition, int] = {}
        try:
            self._consumer.assign([self._start(one, from_beginning=from_beginning) for one in self._partitions(topics)])
        except KafkaException as error:
            reason = describe_kafka_error(error, self._consumer)
            self._consumer.close()
            raise DependencyUnavailable(reason) from error

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
            if error is not None and error.fatal():
                raise DependencyUnavailable(describe_kafka_error(error))
            if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name for it
                partition = Partition(message.topic(), message.partition())
                self._reached[partition] = message.offset() + (error is None)
        return [message for message in messages if message.error() is None]

    def reached(self, partition: Partition) -> int:
        """The offset up to which the partition was read. Aborted records were passed over, and count as read."""
        return self._reached.get(partition, 0)

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
            if found.error is not None and found.error.code() == KafkaError.TOPIC_EXCEPTION:
                raise ConfigurationError(f"{topic} is no name that a topic can have")
            partitions.extend(TopicPartition(topic, number) for number in found.partitions)
        return partitions

    def _start(self, one: TopicPartition, *, from_beginning: bool) -> TopicPartition:
        if from_beginning:
            return TopicPartition(one.topic, one.partition, OFFSET_BEGINNING)
        # The end is looked up now. With `OFFSET_END` the client would look it up at the first poll, and miss what is
        # sent until then.
        _, end = self._consumer.get_watermark_offsets(one, timeout=_SECONDS)
        return TopicPartition(one.topic, one.partition, end)
