"""Erasing a message: its row keeps number, sender, time and place in the log; its recipients and its body are blanked.

As a redaction of Matrix does (client-server API, "Redactions"): what a message is about goes, that it was there stays.
"""

from typing import NamedTuple
from uuid import UUID

from chat_tasks.conversation.sequencer import write_timestamp

ERASED_BODY = ""
ERASED_RECIPIENTS: list[str] = []


class ErasableRow(NamedTuple):
    """A row as an erasure reads it. What was deleted is None. The write timestamps are in microseconds."""

    sequence: int
    sender: str | None
    recipients: list[str] | None
    body: str | None
    log_id: UUID | None
    log_offset: int | None
    recipients_written: int | None
    body_written: int | None

    @property
    def is_blank(self) -> bool:
        """Whether nothing is left to erase."""
        return not self.recipients and not self.body

    @property
    def written(self) -> int:
        """Microseconds of the newest write timestamp; 0 if both columns were deleted."""
        return max(self.recipients_written or 0, self.body_written or 0)

    @property
    def was_sent_blank(self) -> bool:
        """Whether there was never anything to erase."""
        return self.is_blank and self.log_offset is not None and self.written == write_timestamp(self.log_offset)

    def is_to_be_erased(self, certain: "Certain") -> bool:
        """Whether to blank the row, or to blank it again because a node may have forgotten that."""
        if self.was_sent_blank:
            return False
        return not self.is_blank or not certain.since <= self.written < certain.until


class Certain(NamedTuple):
    """What was written between these two times, in microseconds since 1970, no node can forget any more.

    No node has started since the first, and each has put on its disk what it acknowledged before the second. A node
    that has started later may have forgotten it, so that a majority of the replicas has the text.
    """

    since: int
    until: int


def erasure_timestamp(row: ErasableRow, now: int) -> int:
    """Microseconds of the erasure's `USING TIMESTAMP`: a clock's, so above every row of the pipeline's own.

    An imported or mended row has a clock's too, perhaps of a machine that is ahead of this one.
    """
    return max(now, row.written + 1)
