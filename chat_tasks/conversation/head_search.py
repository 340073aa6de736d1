"""The search for a conversation's head below rows that are there already, as a replay finds them: without I/O."""

from collections.abc import Generator, Iterable
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from chat_tasks.conversation.records import NO_HEAD, StoredRow
from chat_tasks.errors import ConversationConflict


class Head(msgspec.Struct, frozen=True, gc=False):
    """The head of a conversation, and the rows that were found above it.

    `sequence` is the head. `later` are the rows at or past the first record, newest first. `least` is the number of a
    row that was written from before the first record. A head below it means that rows were deleted.
    """

    sequence: int
    later: tuple[StoredRow, ...] = ()
    least: int = NO_HEAD


class BucketQuery(NamedTuple):
    """All rows of one bucket, newest first; the search takes as many as it needs."""

    conversation_key: str
    bucket: int


# The coroutine yields queries, is sent the fields of each query's `StoredRow`s, and returns the head.
Search = Generator[BucketQuery, Iterable[tuple[Any, ...]], Head]


def search_downwards(conversation_key: str, newest_bucket: int, first_offset: int, log_id: UUID) -> Search:
    """Search below the rows that come from `first_offset` of the log `log_id` or from later.

    Buckets without rows are passed over: a pointer may be written and the first row of its bucket not. If the first
    record has a row, that row tells the head, whatever was deleted below.
    """
    later: list[StoredRow] = []
    for bucket in range(newest_bucket, -1, -1):
        for values in (yield BucketQuery(conversation_key, bucket)):
            row = StoredRow(*values)
            if values[0] is None:
                # Bucket 0 has no row, only its mark.
                continue
            if row.log_id == log_id and row.log_offset == first_offset:
                return Head(row.sequence - 1, (*later, row))
            if not is_later(row.log_id, row.log_offset, first_offset, log_id):
                return Head(row.sequence, tuple(later))
            # A row without all of its columns cannot be compared with its record.
            if row.log_id is not None and row.log_offset is not None:
                later.append(row)
    return Head(NO_HEAD, tuple(later))


def check_nothing_deleted(head: Head) -> None:
    """Raise `ConversationConflict` if rows from before the first record, which must be there, are not."""
    if head.sequence < head.least:
        raise ConversationConflict(f"row {head.least} was written and is gone; the newest row left is {head.sequence}")


def is_later(log_id: UUID | None, log_offset: int | None, first_offset: int, own_log: UUID) -> bool:
    """Whether a row comes from `first_offset` of the log `own_log` or from later. A row of another log lies before."""
    # A read repair can leave a part of a row that only a minority had. Such a row was not acknowledged, so its record
    # is still to come.
    return log_id is None or (log_id == own_log and (log_offset is None or log_offset >= first_offset))
