"""The partitions of the log at a batch that cannot be read: each stays unread, and the log says so now and then."""

import logging
from collections.abc import Set

from bridge.kafka.errors import UnreadableRecords, where
from bridge.kafka.transaction import Partition

logger = logging.getLogger(__name__)

_REPEAT_SECONDS = 60.0


class UnreadPartitions:
    """The partitions of one assignment that are read no further, each with the records that it ends at.

    `AssignmentState` owns the object, uses it in the loop's thread, and drops it with itself. Times are seconds of any
    monotonic clock. No method raises.
    """

    def __init__(self) -> None:
        self._records: dict[Partition, UnreadableRecords] = {}
        self._due = 0.0

    @property
    def partitions(self) -> Set[Partition]:
        """These partitions."""
        return self._records.keys()

    def add(self, records: UnreadableRecords) -> None:
        """Take note that the partition of these records stays unread."""
        self._records[records.partition] = records
        self._due = 0.0

    def say(self, now: float) -> None:
        """Log which partitions stay unread, at most once a minute."""
        if self._records and now >= self._due:
            self._due = now + _REPEAT_SECONDS
            for records in self._records.values():
                logger.error(
                    "%s; records of the log are never passed over, so its conversations wait: restore the partition "
                    "from a replica, then start dispatch again",
                    records,
                    extra={"event": "partition_unreadable", **where(records)},
                )
