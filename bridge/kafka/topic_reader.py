"""Reads topics as their users see them: committed records only, no group, nothing committed."""

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
    """Every partition of some topics, from their ends as they are now or from their beginnings."""

    def __init__(self, settings: Settings, topics: Sequence[str], *, from_beginning: bool = False) -> None:
        """Raises `DependencyUnavailable`, and `ConfigurationError` where a topic does not exist."""
        self._consumer = Consumer(reader_config(settings, "chat-reader"))
        self._reached: dict[Partition, int] = {}
        try:
            self._consumer.assign([self._start(one, from_beginning=from_beginning) for one in self._partitions(topics)])
        except KafkaException as error:
            self._consumer.close()
            raise DependencyUnavailable(describe_kafka_error(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go."""
        self._consumer.close()

    def poll(self, seconds: float) -> list[Any]:
        """The messages that are there, after waiting that long for a first one. Raises `DependencyUnavailable`."""
        first: Any = self._consumer.poll(seconds)
        if first is None:
            return []
        messages: list[Any] = [first, *self._consumer.consume(_MESSAGES_AT_ONCE, 0)]
        for message in messages:
            error = message.error()
            # A broker that goes away comes back; what has to end is the caller's patience, not the reader.
            if error is not None and error.fatal():
                raise DependencyUnavailable(describe_kafka_error(error))
            if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name for it
                partition = Partition(message.topic(), message.partition())
                self._reached[partition] = message.offset() + (error is None)
        return [message for message in messages if message.error() is None]

    def reached(self, partition: Partition) -> int:
        """The offset up to which the partition was read: what is not committed, or aborted, was passed over."""
        return self._reached.get(partition, 0)

    def follow(self, seconds: float) -> Iterator[Any]:
        """Messages as they come, until that long has passed."""
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            yield from self.poll(min(remaining, 0.1))

    def _partitions(self, topics: Sequence[str]) -> list[TopicPartition]:
        partitions: list[TopicPartition] = []
        for topic in topics:
            found = self._consumer.list_topics(topic, timeout=_SECONDS).topics[topic]
            if found.error is not None and found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise ConfigurationError(f"there is no topic {topic}: run `chat-tasks init` first")
            partitions.extend(TopicPartition(topic, number) for number in found.partitions)
        return partitions

    def _start(self, one: TopicPartition, *, from_beginning: bool) -> TopicPartition:
        if from_beginning:
            return TopicPartition(one.topic, one.partition, OFFSET_BEGINNING)
        # Fixed now: "the end" would be looked up only at the first poll, after what was sent until then.
        _, end = self._consumer.get_watermark_offsets(one, timeout=_SECONDS)
        return TopicPartition(one.topic, one.partition, end)
