"""Looks through everything that `dead_letter` holds."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bridge.kafka.clients import base_config, reader_config
from bridge.kafka.errors import describe_kafka_error
from bridge.kafka.topics import partition_counts
from bridge.kafka.transaction import Partition
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings

_SECONDS = 10.0
_PATIENCE_SECONDS = 30.0
_MESSAGES_AT_ONCE = 1000


def read_dead_letters(settings: Settings) -> Iterator[Sequence[Any]]:
    """All messages that are there now, some at a time, and none at all now and then while it waits; blocks.

    What belongs to a transaction under way is waited for: until it is decided, nobody knows whether it is there. Raises
    `DependencyUnavailable`.
    """
    try:
        ends = _ends(settings)
        consumer = Consumer(reader_config(settings, "chat-reader"))
        try:
            consumer.assign([TopicPartition(*partition, OFFSET_BEGINNING) for partition in ends])
            yield from _read_to(consumer, ends)
        finally:
            consumer.close()
    except KafkaException as error:
        raise DependencyUnavailable(describe_kafka_error(error)) from error


def _ends(settings: Settings) -> dict[Partition, int]:
    """One past the last record of each partition that has any, committed or not."""
    admin = AdminClient(base_config(settings))
    topic = settings.dead_letter_topic
    asked = {
        TopicPartition(topic, number): OffsetSpec.latest()  # type: ignore[no-untyped-call]
        for number in range(partition_counts(admin, [topic]).get(topic, 0))
    }
    found = admin.list_offsets(asked, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=_SECONDS)
    ends = {Partition(one.topic, one.partition): future.result(_SECONDS).offset for one, future in found.items()}
    return {partition: end for partition, end in ends.items() if end > 0}


def _read_to(consumer: Consumer, ends: dict[Partition, int]) -> Iterator[Sequence[Any]]:
    remaining = dict(ends)
    last_news = time.monotonic()
    while remaining:
        found: list[Any] = consumer.consume(_MESSAGES_AT_ONCE, 0.1)
        if found:
            last_news = time.monotonic()
        elif time.monotonic() - last_news > _PATIENCE_SECONDS:
            raise DependencyUnavailable("Kafka: dead_letter cannot be read to its end: a transaction does not end")
        messages: list[Any] = []
        for message in found:
            partition = Partition(message.topic(), message.partition())
            error = message.error()
            if error is None:
                messages.append(message)
                reached = message.offset() + 1
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name for it
                reached = message.offset()
            else:
                raise KafkaException(error)
            if reached >= remaining.get(partition, 0):
                remaining.pop(partition, None)
        yield messages
