"""Marks: bucket 0 tells that its conversation has rows, and which bucket is the newest.

A mark names the newest bucket and the record that its first row comes from; for bucket 0, the record of the second row.
Its timestamp is above any real clock, so no deletion of rows hides it. So a conversation whose rows were deleted is not
taken for a new one. A conversation's first row has no mark, because that would cost each new conversation a statement.
"""

from collections.abc import Callable
from struct import Struct

from chat_tasks.conversation.records import Row
from chat_tasks.conversation.row_values import RowValues

_VALUES = 5

_key_follows: Callable[..., bytes] = Struct(">Hiqiii16siqi").pack


def mark_timestamp(bucket: int) -> int:
    """Microseconds of a mark's `USING TIMESTAMP`: a later bucket's mark takes the place of an earlier one."""
    return 2**62 + bucket


def mark_of_bucket(row: Row) -> tuple[int, int, object, int, str]:
    """The values of the mark of a bucket's first row, in the order of the UPDATE's bind markers."""
    return mark_timestamp(row.bucket), row.bucket, row.log_id, row.log_offset, row.conversation_key


def mark_of_conversation(row: Row) -> RowValues | None:
    """The encoded values of bucket 0's mark if this is the row that has it; None if it is another row."""
    if row.sequence != 1 or row.bucket:
        return None
    key = row.conversation_key.encode()
    timestamp, bucket, _, log_offset, _ = mark_of_bucket(row)
    return _key_follows(_VALUES, 8, timestamp, 4, bucket, 16, row.log_id.bytes, 8, log_offset, len(key)) + key
