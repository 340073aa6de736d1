"""Reads everything that a topic holds, above all `dead_letter`."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bridge.kafka.clients import base_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.reading.topic_reader import TopicReader
from bridge.kafka.topics.plans import partition_counts
from bridge.kafka.transaction import Partition
from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings

_SECONDS = 10.0
_PATIENCE_SECONDS = 30.0


class Span(NamedTuple):
    """What a partition holds: from the offset `start` to before `end`, committed or not."""

    start: int
    end: int


def read_dead_letters(settings: Settings) -> Iterator[Sequence[Any]]:
    """All dead letters, as `read_everything` has them."""
    return read_everything(settings, settings.dead_letter_topic)


def read_everything(settings: Settings, topic: str) -> Iterator[Sequence[Any]]:
    """All messages that are in the topic now, some at a time; blocks. Raises `DependencyUnavailable`.

    While the reader waits, it yields an empty sequence now and then. It waits for the end of every transaction under
    way: until a transaction is decided, nobody knows whether its records exist.
    """
    spans = spans_of(settings, topic)
    if not spans:
        raise KafkaUnavailable(f"Kafka: it does not name the partitions of {topic}")
    return _read(settings, spans)


def read_partition(settings: Settings, topic: str, number: int, start: int) -> Iterator[Sequence[Any]]:
    """The messages that one partition has from the offset `start` on, as `read_everything` has them.

    None if there is no such partition. If that record is gone, the messages begin with the oldest one.
    """
    partition = Partition(topic, number)
    span = spans_of(settings, topic).get(partition)
    if span is not None and start < span.end:
        yield from _read(settings, {partition: span._replace(start=start)})


def spans_of(settings: Settings, topic: str) -> dict[Partition, Span]:
    """What each partition of the topic holds; blocks. Raises `DependencyUnavailable`."""
    admin = AdminClient(base_config(settings))
    partitions = [Partition(topic, number) for number in range(partition_counts(admin, [topic]).get(topic, 0))]
    try:
        starts = _offsets(admin, partitions, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
        ends = _offsets(admin, partitions, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    except (KafkaException, TimeoutError) as error:
        raise KafkaUnavailable(describe_kafka_error(error, admin)) from error
    return {one: Span(starts[one], ends[one]) for one in partitions}


def _read(settings: Settings, spans: dict[Partition, Span]) -> Iterator[Sequence[Any]]:
    topic = next(iter(spans)).topic
    numbers = {one.number for one in spans}
    starts = {one: span.start for one, span in spans.items()}
    last_news = time.monotonic()
    try:
        with TopicReader(settings, [topic], partitions=numbers, starts=starts) as reader:
            while any(reader.reached(one) < span.end for one, span in spans.items()):
                messages = reader.poll(0.1)
                if messages:
                    last_news = time.monotonic()
                elif time.monotonic() - last_news > _PATIENCE_SECONDS:
                    raise KafkaUnavailable(f"Kafka: {topic} cannot be read to its end: does a transaction end?")
                yield messages
    except ConfigurationError as error:
        # The topic was there a moment ago.
        raise KafkaUnavailable(f"Kafka: {error}") from error


def _offsets(admin: AdminClient, partitions: Sequence[Partition], spec: OffsetSpec) -> dict[Partition, int]:
    asked = {TopicPartition(*one): spec for one in partitions}
    found = admin.list_offsets(asked, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=_SECONDS)
    return {Partition(one.topic, one.partition): future.result(_SECONDS).offset for one, future in found.items()}
