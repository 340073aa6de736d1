"""Where partitions begin and end, and which of their records came when."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.transaction import Partition

_SECONDS = 10.0


class Bounds(NamedTuple):
    """Where the records of a partition begin, and the offset up to which readers of committed records get."""

    low: int
    end: int


def first_offset(admin: AdminClient, partition: Partition) -> int:
    """The offset below which everything is purged; blocks. Raises `DependencyUnavailable`."""
    earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
    return _ask(admin, {partition: earliest})[partition]


def first_offsets_after(admin: AdminClient, times: Mapping[Partition, int]) -> dict[Partition, int]:
    """The first offset of each partition that is younger than a time, in milliseconds since 1970; else its end.

    Blocks. Raises `DependencyUnavailable`.
    """
    latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    younger: dict[Partition, Any] = {
        partition: OffsetSpec.for_timestamp(milliseconds + 1) for partition, milliseconds in times.items()
    }
    ends = _ask(admin, dict.fromkeys(times, latest))
    return {partition: ends[partition] if found < 0 else found for partition, found in _ask(admin, younger).items()}


def _ask(admin: AdminClient, wanted: Mapping[Partition, OffsetSpec]) -> dict[Partition, int]:
    try:
        asked = admin.list_offsets({TopicPartition(*partition): spec for partition, spec in wanted.items()})
        return {Partition(one.topic, one.partition): future.result(_SECONDS).offset for one, future in asked.items()}
    except (KafkaException, TimeoutError) as error:
        raise KafkaUnavailable(describe_kafka_error(error, admin)) from error
