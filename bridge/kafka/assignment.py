"""What a member of a group owns, and the group metadata that proves its membership."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bridge.kafka.transaction import CommittedOffset, Partition


class Committed(NamedTuple):
    """What the group holds for a partition; `low` is the first offset that the partition still has."""

    offset: int
    metadata: str
    low: int

    def commit(self, partition: Partition) -> CommittedOffset:
        """The commit that would leave the group with exactly this offset and metadata."""
        return CommittedOffset(partition, self.offset, self.metadata)


class Assignment(NamedTuple):
    """The partitions of a member, with the group metadata of the same moment.

    They are taken together because the broker fences members and generations, and does not check who owns a partition.
    `epoch` is the time of the assignment in milliseconds since 1970.
    """

    epoch: int
    partitions: Mapping[Partition, Committed]
    group_metadata: Any
