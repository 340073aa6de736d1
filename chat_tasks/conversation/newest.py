"""Which rows to read for the newest messages of a conversation, and which of them to show: a coroutine without I/O."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from chat_tasks.conversation.buckets import HIGHEST_BUCKET, bucket_of, first_sequence
from chat_tasks.conversation.records import Chatter


class WantedMessages(NamedTuple):
    """The newest messages of a conversation, `most` at most, with numbers below `before` (None: all).

    Every record of the log `log_id` before the offset `published` is published, if it is one of this conversation.
    """

    conversation_key: str
    most: int
    before: int | None
    log_id: UUID | None = None
    published: int = 0


class RowsQuery(NamedTuple):
    """The newest rows of one bucket, `most` at most, with numbers below `below`."""

    conversation_key: str
    bucket: int
    below: int
    most: int


class FirstBucketQuery(NamedTuple):
    """The newest rows of bucket 0, `most` at most, and the newest bucket as its mark says."""

    conversation_key: str
    most: int


class PointerQuery(NamedTuple):
    """The conversation's newest bucket, as its pointers say."""

    conversation_key: str


class OriginQuery(NamedTuple):
    """The record that one row comes from."""

    conversation_key: str
    bucket: int
    sequence: int


Query = RowsQuery | FirstBucketQuery | PointerQuery | OriginQuery
# The rows of an answer: the fields of `Chatter` for a `RowsQuery`; those and the newest bucket, None if it is bucket 0,
# for a `FirstBucketQuery`; at most one `(bucket,)` for a `PointerQuery`; one `(log id, offset)` for an `OriginQuery`.
# If all rows of bucket 0 were deleted, its only row has None in place of a message.
Rows = Iterable[tuple[Any, ...]]
Reading = Generator[Query, Rows, list[Chatter]]


def newest_messages(wanted: WantedMessages, bucket_size: int, largest_bytes: int) -> Reading:
    """Yield queries, be sent the rows of each, and return the messages, oldest first.

    The block holds fewer messages than wanted if it would grow past `largest_bytes`: then it keeps the newest. Rows
    above a gap are left out if they may not be acknowledged yet. If they are published, the rows in the gap were
    deleted. A message of which columns were deleted has empty texts.
    """
    if wanted.most == 0:
        return []
    block = _Block(wanted.most, largest_bytes)
    newest, rows = yield from _newest_bucket(wanted, bucket_size)
    for bucket in range(newest, -1, -1):
        below = _end_of(bucket, wanted, bucket_size)
        while True:
            if rows is None:
                rows = yield RowsQuery(wanted.conversation_key, bucket, below, wanted.most)
            count = 0
            for sender, body, sequence in rows:
                count += 1
                below = sequence
                if block.ends_above(sequence) and not (yield from _is_published(wanted, block.oldest, bucket_size)):
                    block.drop()
                if block.add((sender or "", body or "", sequence)):
                    return block.oldest_first()
            rows = None
            # If a full page was dropped at a gap, more rows of this bucket are wanted.
            if count < wanted.most:
                break
    if block.ends_above(-1) and not (yield from _is_published(wanted, block.oldest, bucket_size)):
        block.drop()
    return block.oldest_first()


def _is_published(wanted: WantedMessages, sequence: int, bucket_size: int) -> Generator[Query, Rows, bool]:
    """Whether the row is certainly published. Then all rows below it are, and what is missing there was deleted."""
    rows = yield OriginQuery(wanted.conversation_key, bucket_of(sequence, bucket_size), sequence)
    log_id, log_offset = next(iter(rows), (None, None))
    if None in (log_id, log_offset, wanted.log_id):
        return False
    # A row of another log lies before every record of this log.
    return bool(log_id != wanted.log_id or log_offset < wanted.published)


@dataclass(slots=True)
class _Block:
    """The messages of one block; takes them newest first."""

    most: int
    largest_bytes: int
    kept: list[Chatter] = field(default_factory=list)
    size: int = 0

    def add(self, chatter: Chatter) -> bool:
        """Take a message; returns whether no older one is wanted."""
        self.size += chatter_size(chatter)
        if self.kept and self.size > self.largest_bytes:
            return True
        self.kept.append(chatter)
        return len(self.kept) == self.most

    @property
    def oldest(self) -> int:
        """The number of the oldest message taken."""
        return self.kept[-1][2]

    def ends_above(self, sequence: int) -> bool:
        """Whether a gap lies between the oldest message taken and this number, which is taken or sought next."""
        return bool(self.kept) and self.oldest != sequence + 1

    def drop(self) -> None:
        """Forget all messages taken."""
        self.kept, self.size = [], 0

    def oldest_first(self) -> list[Chatter]:
        """The messages of the block, oldest first."""
        return self.kept[::-1]


def _newest_bucket(wanted: WantedMessages, bucket_size: int) -> Generator[Query, Rows, tuple[int, Rows | None]]:
    """The highest bucket to read from, and its rows if they were read to find that bucket.

    Most conversations have one bucket, and one query of its rows is enough for them. A row of the second bucket is
    written only after the last row of the first bucket is acknowledged.
    """
    key, before = wanted.conversation_key, wanted.before
    highest = HIGHEST_BUCKET if before is None else min(bucket_of(max(before - 1, 0), bucket_size), HIGHEST_BUCKET)
    if highest == 0:
        return 0, None
    # One iterator is made and kept, because each new iterator over the driver's rows begins the page anew.
    rows = islice((yield FirstBucketQuery(key, wanted.most if before is None else 1)), None)
    first = list(islice(rows, 1))
    newest = 0
    for _, _, sequence, newest_bucket in first:
        if newest_bucket or sequence == bucket_size - 1:
            # Either of the two may have been deleted, or written by a version that knew only pointers.
            pointers = yield PointerQuery(key)
            newest = max([newest_bucket or 0, *(bucket for (bucket,) in pointers)])
    if newest or before is not None:
        return min(newest, highest), None
    return 0, ((sender, body, sequence) for sender, body, sequence, _ in chain(first, rows) if sequence is not None)


def _end_of(bucket: int, wanted: WantedMessages, bucket_size: int) -> int:
    end = first_sequence(bucket + 1, bucket_size)
    return end if wanted.before is None else min(wanted.before, end)


def chatter_size(chatter: Chatter) -> int:
    """A message's bytes in a block's JSON."""
    return len(orjson.dumps(chatter)) + 1
