"""Sequence numbers: a pure function of a conversation's head and its records in the log.

The same head and records always give the same rows. So every write may be repeated, raced and split at will (the state
machine approach: F. Schneider, "Implementing Fault-Tolerant Services", ACM Computing Surveys 22(4), 1990).
"""

from collections.abc import Sequence
from uuid import UUID

from chat_tasks.conversation.buckets import bucket_of
from chat_tasks.conversation.records import Row, StoredRow, TaskRecord
from chat_tasks.errors import ConversationConflict


def write_timestamp(log_offset: int) -> int:
    """Microseconds of a row's `USING TIMESTAMP`: below any real clock, so that a rewrite never beats an erasure."""
    return 1 + log_offset


def allocate(
    conversation_key: str, head: int, records: Sequence[TaskRecord], log_id: UUID, bucket_size: int
) -> list[Row]:
    """The rows of these records, numbered from `head + 1` in the order of their offsets.

    Raises `ValueError` if the offsets do not ascend: such a task was not made from a log.
    """
    rows: list[Row] = []
    previous = -1
    for sequence, record in enumerate(records, start=head + 1):
        offset, text = record.offset, record.text
        if offset <= previous:
            raise ValueError(f"offset {offset} follows {previous}")
        previous = offset
        rows.append(
            Row(
                conversation_key,
                bucket_of(sequence, bucket_size),
                sequence,
                text.sender,
                text.recipients,
                text.body,
                log_id,
                offset,
                record.sent_at,
                write_timestamp(offset),
            )
        )
    return rows


def check_agreement(rows: Sequence[Row], stored: Sequence[StoredRow]) -> None:
    """Raise `ConversationConflict` if a stored row differs from the row that is about to be written at its number.

    The same is raised if the record of a stored row would now get another number. A text that is gone, or has another
    write timestamp than ours, was erased since it was written, and is left as it is.
    """
    if not stored:
        return
    by_sequence = {row.sequence: row for row in rows}
    by_offset = {row.log_offset: row for row in rows}
    for found in stored:
        row = by_sequence.get(found.sequence) or by_offset.get(found.log_offset)
        if row is None:
            continue
        if found.sequence != row.sequence:
            raise ConversationConflict(
                f"row {found.sequence} was written from offset {found.log_offset}, which would now get {row.sequence}"
            )
        if (found.log_id, found.log_offset) != (row.log_id, row.log_offset):
            raise ConversationConflict(
                f"row {found.sequence} was written from offset {found.log_offset} of log {found.log_id}, "
                f"the log now has offset {row.log_offset} of log {row.log_id} there"
            )
        texts = (
            (found.sender, found.sender_written, row.sender),
            (found.recipients, found.recipients_written, row.recipients),
            (found.body, found.body_written, row.body),
        )
        if any(text != ours and written == row.write_timestamp for text, written, ours in texts):
            raise ConversationConflict(
                f"row {found.sequence} holds another text than offset {row.log_offset} of the log"
            )
