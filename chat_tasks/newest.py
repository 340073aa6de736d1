"""Which rows to read for the newest messages of a conversation, and which of them to show: a coroutine without I/O."""

from collections.abc import Generator, Iterable
from typing import NamedTuple

import orjson

from chat_tasks.buckets import HIGHEST_BUCKET, bucket_of, first_sequence
from chat_tasks.wire import Chatter


class Wanted(NamedTuple):
    """At most so many messages, with numbers below `before` (None: all)."""

    conversation_key: str
    most: int
    before: int | None


class RowsQuery(NamedTuple):
    """At most so many rows of one bucket, with numbers below `below`, newest first."""

    conversation_key: str
    bucket: int
    below: int
    most: int


Reading = Generator[RowsQuery, Iterable[Chatter], list[Chatter]]


def newest_messages(wanted: Wanted, newest_bucket: int, bucket_size: int, largest_bytes: int) -> Reading:
    """Yields queries and is sent the rows of each; returns the messages, oldest first.

    Fewer than wanted where the block would grow past `largest_bytes`: then the newest are kept. What lies above a gap
    is not acknowledged yet and is left out.
    """
    key, most, before = wanted
    kept: list[Chatter] = []
    size = 0
    if most == 0:
        return kept
    for bucket in range(min(newest_bucket, _likely_bucket(wanted, bucket_size, newest_bucket)), -1, -1):
        upper = first_sequence(bucket + 1, bucket_size)
        below = upper if before is None else min(before, upper)
        while True:
            rows = 0
            for sender, body, sequence in (yield RowsQuery(key, bucket, below, most)):
                rows += 1
                below = sequence
                if kept and sequence != kept[-1][2] - 1:
                    kept, size = [], 0
                chatter = (sender, body, sequence)
                size += chatter_size(chatter)
                if kept and size > largest_bytes:
                    return kept[::-1]
                kept.append(chatter)
                if len(kept) == most:
                    return kept[::-1]
            # A full page may have been dropped at a gap: then more are wanted from this bucket.
            if rows < most:
                break
    if kept and kept[-1][2] != 0:
        return []
    return kept[::-1]


def likely_query(wanted: Wanted, bucket_size: int, largest_bytes: int) -> RowsQuery | None:
    """What will be asked first unless the conversation has more buckets, or fewer, than most; None for no message."""
    bucket = _likely_bucket(wanted, bucket_size, 0)
    return next(newest_messages(wanted, bucket, bucket_size, largest_bytes), None)


def _likely_bucket(wanted: Wanted, bucket_size: int, otherwise: int) -> int:
    if wanted.before is None:
        return otherwise
    return min(bucket_of(max(wanted.before - 1, 0), bucket_size), HIGHEST_BUCKET)


def chatter_size(chatter: Chatter) -> int:
    """A message's bytes in a block's JSON."""
    return len(orjson.dumps(chatter)) + 1
