"""Reads everything that a topic holds, above all `dead_letter`."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bridge.kafka.clients import base_config
from bridge.kafka.errors import describe_kafka_error
from bridge.kafka.topic_reader import TopicReader
from bridge.kafka.topics.plans import partition_counts
from bridge.kafka.transaction import Partition
from chat_tasks.errors import ConfigurationError, DependencyUnavailable
from chat_tasks.settings import Settings

_SECONDS = 10.0
_PATIENCE_SECONDS = 30.0


def read_dead_letters(settings: Settings) -> Iterator[Sequence[Any]]:
    """All dead letters, as `read_everything` has them."""
    return read_everything(settings, settings.dead_letter_topic)


def read_everything(settings: Settings, topic: str) -> Iterator[Sequence[Any]]:
    """All messages that are in the topic now, some at a time; blocks. Raises `DependencyUnavailable`.

    While the reader waits, it yields an empty sequence now and then. It waits for the end of every transaction under
    way: until a transaction is decided, nobody knows whether its records exist.
    """
    ends = _ends(settings, topic)
    if not ends:
        raise DependencyUnavailable(f"Kafka: it does not name the partitions of {topic}")
    last_news = time.monotonic()
    try:
        with TopicReader(settings, [topic], from_beginning=True) as reader:
            while any(reader.reached(partition) < end for partition, end in ends.items()):
                messages = reader.poll(0.1)
                if messages:
                    last_news = time.monotonic()
                elif time.monotonic() - last_news > _PATIENCE_SECONDS:
                    raise DependencyUnavailable(f"Kafka: {topic} cannot be read to its end: does a transaction end?")
                yield messages
    except ConfigurationError as error:
        # The topic was there a moment ago.
        raise DependencyUnavailable(f"Kafka: {error}") from error


def _ends(settings: Settings, topic: str) -> dict[Partition, int]:
    """The offset after the last record of each partition, committed or not."""
    admin = AdminClient(base_config(settings))
    asked = {
        TopicPartition(topic, number): OffsetSpec.latest()  # type: ignore[no-untyped-call]
        for number in range(partition_counts(admin, [topic]).get(topic, 0))
    }
    try:
        found = admin.list_offsets(asked, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=_SECONDS)
        return {Partition(one.topic, one.partition): future.result(_SECONDS).offset for one, future in found.items()}
    except (KafkaException, TimeoutError) as error:
        raise DependencyUnavailable(describe_kafka_error(error, admin)) from error
