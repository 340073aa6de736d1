"""The search for a conversation's head below rows that are there already, as a replay finds: without I/O."""

from collections.abc import Generator, Iterable
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from chat_tasks.conversation.records import NO_HEAD, StoredRow


class Head(msgspec.Struct, frozen=True, gc=False):
    """`sequence` is the head; `later` are rows at or past the first record, found on the way down, newest first."""

    sequence: int
    later: tuple[StoredRow, ...] = ()


class BucketQuery(NamedTuple):
    """All rows of one bucket, newest first; as many as are needed are taken."""

    conversation_key: str
    bucket: int


# Yields queries, is sent the fields of each one's `StoredRow`s, returns the head.
Search = Generator[BucketQuery, Iterable[tuple[Any, ...]], Head]


def search_downwards(conversation_key: str, newest_bucket: int, first_offset: int, log_id: UUID) -> Search:
    """Through rows from `first_offset` of the log `log_id` on, and through buckets whose pointer came to nothing."""
    later: list[StoredRow] = []
    for bucket in range(newest_bucket, -1, -1):
        for values in (yield BucketQuery(conversation_key, bucket)):
            row = StoredRow(*values)
            if not is_later(row.log_id, row.log_offset, first_offset, log_id):
                return Head(row.sequence, tuple(later))
            # Of a part of a row nobody can say whether it agrees with its record.
            if row.log_id is not None and row.log_offset is not None:
                later.append(row)
    return Head(NO_HEAD, tuple(later))


def is_later(log_id: UUID | None, log_offset: int | None, first_offset: int, own_log: UUID) -> bool:
    """Whether a row comes from `first_offset` of the log `own_log` or from later; one of another log lies before."""
    # Part of a row is what a read repair made of one that only a minority had: it was not acknowledged, so its record
    # is still to come.
    return log_id is None or (log_id == own_log and (log_offset is None or log_offset >= first_offset))
