"""When the records that are not finished were appended to their topics."""

from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

from bridge.kafka.transaction import Partition

_MOST_MARKS = 1_000


class Mark(NamedTuple):
    """The last record of a delivery: its offset, and its time in milliseconds since 1970."""

    offset: int
    time: int


class DeliveryTimes:
    """A few marks for each partition, each of them for all records between the mark before and itself.

    A time for each record would cost more than anything else that is measured. So a record counts as appended when the
    last record of its delivery was, which is later by milliseconds, or by seconds when a backlog is read. `LoopHandler`
    owns the times, which belong to one assignment; they are used in the loop's thread. Invariant: the offsets of a
    partition's marks ascend, and there are at most a thousand of them: if there are more, every second one is dropped.
    No method raises.
    """

    def __init__(self) -> None:
        self._marks: dict[Partition, list[Mark]] = {}

    def delivered(self, last: Mapping[Partition, Mark]) -> None:
        """Take note of the last record of each partition in a delivery."""
        for partition, mark in last.items():
            marks = self._marks.setdefault(partition, [])
            marks.append(mark)
            if len(marks) >= _MOST_MARKS:
                del marks[::2]

    def committed(self, partition: Partition, offset: int) -> None:
        """Forget what lies before the offset."""
        marks = self._marks.get(partition, [])
        del marks[: bisect_left(marks, Mark(offset, 0))]

    def time_of(self, partition: Partition, offset: int) -> int | None:
        """When the record was appended, in milliseconds since 1970; None if nothing from there on was delivered."""
        marks = self._marks.get(partition, [])
        index = bisect_left(marks, Mark(offset, 0))
        return marks[index].time if index < len(marks) else None

    def clear(self) -> None:
        """Forget everything: the assignment is over."""
        self._marks.clear()
