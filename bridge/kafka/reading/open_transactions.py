"""Transactions that hold a partition back: readers of committed records get nothing that lies behind an open one."""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from confluent_kafka import Consumer, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bridge.kafka.clients import base_config, reader_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings

# An open transaction that is younger is nothing to speak of.
PATIENCE_SECONDS = 10.0

_SECONDS = 10.0


class OpenTransaction(NamedTuple):
    """The oldest open transaction of a partition: its first offset, and the partition's end, markers included."""

    partition: Partition
    first: int
    end: int

    def __str__(self) -> str:
        topic, number = self.partition
        return (
            f"an open transaction of a producer holds {topic}[{number}] back from offset {self.first} on, "
            f"{self.end - self.first} offsets by now"
        )


def open_transactions(settings: Settings, topics: Sequence[str]) -> Iterator[OpenTransaction]:
    """The transactions of these topics whose first record is older than ten seconds, by its timestamp; blocks.

    Raises `DependencyUnavailable`. librdkafka may abort the process if a broker goes away during the call (its issue
    4605).
    """
    admin = AdminClient(base_config(settings))
    reader = Consumer({**reader_config(settings, "open-transactions"), "isolation.level": "read_uncommitted"})
    try:
        metadata = admin.list_topics(timeout=_SECONDS).topics
        partitions = [Partition(topic, number) for topic in topics for number in sorted(metadata[topic].partitions)]
        stable = _ends(admin, partitions, IsolationLevel.READ_COMMITTED)
        ends = _ends(admin, partitions, IsolationLevel.READ_UNCOMMITTED)
        for partition in partitions:
            first, end = stable[partition], ends[partition]
            if first < end and _age(reader, partition, first) >= PATIENCE_SECONDS:
                yield OpenTransaction(partition, first, end)
    except (KafkaException, TimeoutError) as error:
        raise KafkaUnavailable(describe_kafka_error(error)) from error
    finally:
        reader.close()


def _ends(admin: AdminClient, partitions: Sequence[Partition], level: IsolationLevel) -> dict[Partition, int]:
    """Where readers of that level find the partitions' ends."""
    latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    asked = {TopicPartition(*partition): latest for partition in partitions}
    found = admin.list_offsets(asked, isolation_level=level, request_timeout=_SECONDS)
    return {Partition(one.topic, one.partition): future.result(_SECONDS).offset for one, future in found.items()}


def _age(reader: Consumer, partition: Partition, offset: int) -> float:
    """Seconds since the record was sent; 0 if it is not to be had."""
    reader.assign([TopicPartition(*partition, offset)])
    message = reader.poll(_SECONDS)
    if message is None or message.error() is not None:
        return 0.0
    _, milliseconds = message.timestamp()
    return time.time() - milliseconds / 1000
