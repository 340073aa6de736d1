"""Records of the log that ingest did not write: each becomes a dead letter, and the log says so now and then."""

import logging
from typing import Any

from bridge.dispatch.work import Finished
from bridge.kafka.transaction import Partition
from bridge.records.dead_letters import dead_letter_of
from chat_tasks.errors import ForeignRecord
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

_STAGE = "CONSUME"
_REPEAT_SECONDS = 60.0


class ForeignRecords:
    """Makes the dead letters of one assignment's foreign records, and counts them.

    `AssignmentState` owns the object, uses it in the loop's thread, and drops it with itself. Times are seconds of any
    monotonic clock. No method raises.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._count = 0
        self._last = ""
        self._due = 0.0

    def refuse(self, message: Any, error: ForeignRecord) -> Finished:
        """The dead letter of the message, with the offset that it finishes."""
        partition, offset = Partition(message.topic(), message.partition()), message.offset()
        self._count += 1
        self._last = f"{partition.topic}[{partition.number}] offset {offset}: {error}"
        return Finished(partition, (offset,), (dead_letter_of(message, error, self._settings, _STAGE),))

    def say(self, now: float) -> None:
        """Log how many there were since the last line, at most once a minute."""
        if self._count and now >= self._due:
            logger.error(
                "%d records of the log become dead letters, the last one %s",
                self._count,
                self._last,
                extra={"event": "foreign_records", "count": self._count, "topic": self._settings.log_topic},
            )
            self._count, self._due = 0, now + _REPEAT_SECONDS
