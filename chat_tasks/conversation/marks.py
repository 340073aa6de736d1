"""Marks: bucket 0 tells that its conversation has rows, and which bucket is the newest.

A mark names the newest bucket and the record that its first row comes from; for bucket 0, the record of the second row.
Its timestamp is above any real clock, so no deletion of rows hides it. So a conversation whose rows were deleted is not
taken for a new one. A conversation's first row has no mark, because that would cost each new conversation a statement.
"""

from struct import pack

from chat_tasks.conversation.chunks import Chunk
from chat_tasks.conversation.records import Row
from chat_tasks.conversation.row_values import RowValues

_NUMBERS = {pack(">q", number): number for number in (0, 1)}
_FIRST_BUCKET = pack(">i", 0)


def mark_timestamp(bucket: int) -> int:
    """Microseconds of a mark's `USING TIMESTAMP`: a later bucket's mark takes the place of an earlier one."""
    return 2**62 + bucket


def mark_of_bucket(row: Row) -> tuple[int, int, object, int, str]:
    """The values of the mark of a bucket's first row, in the order of the UPDATE's bind markers."""
    return mark_timestamp(row.bucket), row.bucket, row.log_id, row.log_offset, row.conversation_key


def mark_of_conversation(chunk: Chunk) -> RowValues | None:
    """The serialized values of the mark of bucket 0, if the chunk has the conversation's second row in it."""
    first = _NUMBERS.get(chunk.rows[0][2])
    if chunk.bucket or first is None or first + len(chunk.rows) < 2:
        return None
    key, _, _, _, _, _, log_id, log_offset, *_ = chunk.rows[1 - first]
    return [pack(">q", mark_timestamp(0)), _FIRST_BUCKET, log_id, log_offset, key]
