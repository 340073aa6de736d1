"""What a member of a group owns, and how it proves it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from bridge.kafka.transaction import CommittedOffset, Partition


class Committed(NamedTuple):
    """What the group holds for a partition; `low` is the first offset the partition still has."""

    offset: int
    metadata: str
    low: int

    def commit(self, partition: Partition) -> CommittedOffset:
        """The commit that this is of."""
        return CommittedOffset(partition, self.offset, self.metadata)


class Assignment(NamedTuple):
    """Partitions and group metadata, taken together: the broker fences members and generations, not ownership.

    `epoch` is the time of the assignment in milliseconds since 1970.
    """

    epoch: int
    partitions: Mapping[Partition, Committed]
    group_metadata: Any
