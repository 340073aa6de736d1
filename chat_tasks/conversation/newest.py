"""Which rows to read for the newest messages of a conversation, and which of them to show: a coroutine without I/O."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, NamedTuple

import orjson

from chat_tasks.conversation.buckets import HIGHEST_BUCKET, bucket_of, first_sequence
from chat_tasks.conversation.records import Chatter


class WantedMessages(NamedTuple):
    """The newest messages of a conversation, `most` at most, with numbers below `before` (None: all)."""

    conversation_key: str
    most: int
    before: int | None


class RowsQuery(NamedTuple):
    """The newest rows of one bucket, `most` at most, with numbers below `below`."""

    conversation_key: str
    bucket: int
    below: int
    most: int


class PointerQuery(NamedTuple):
    """The conversation's newest bucket, as its pointers say."""

    conversation_key: str


Query = RowsQuery | PointerQuery
# The rows of an answer: `Chatter` for a `RowsQuery`, at most one `(bucket,)` for a `PointerQuery`.
Rows = Iterable[tuple[Any, ...]]
Reading = Generator[Query, Rows, list[Chatter]]


def newest_messages(wanted: WantedMessages, bucket_size: int, largest_bytes: int) -> Reading:
    """Yield queries, be sent the rows of each, and return the messages, oldest first.

    The block holds fewer messages than wanted if it would grow past `largest_bytes`: then it keeps the newest. Rows
    above a gap are not acknowledged yet, and are left out.
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
                if block.add((sender, body, sequence)):
                    return block.oldest_first()
            rows = None
            # If a full page was dropped at a gap, more rows of this bucket are wanted.
            if count < wanted.most:
                break
    return block.oldest_first() if block.reaches_the_first else []


@dataclass(slots=True)
class _Block:
    """The messages of one block; takes them newest first."""

    most: int
    largest_bytes: int
    kept: list[Chatter] = field(default_factory=list)
    size: int = 0

    def add(self, chatter: Chatter) -> bool:
        """Take a message; returns whether no older one is wanted."""
        _, _, sequence = chatter
        if self.kept and sequence != self.kept[-1][2] - 1:
            self.kept, self.size = [], 0
        self.size += chatter_size(chatter)
        if self.kept and self.size > self.largest_bytes:
            return True
        self.kept.append(chatter)
        return len(self.kept) == self.most

    @property
    def reaches_the_first(self) -> bool:
        """Whether the oldest message taken is the conversation's first, so that no gap lies below."""
        return bool(self.kept) and self.kept[-1][2] == 0

    def oldest_first(self) -> list[Chatter]:
        """The messages of the block, oldest first."""
        return self.kept[::-1]


def _newest_bucket(wanted: WantedMessages, bucket_size: int) -> Generator[Query, Rows, tuple[int, Rows | None]]:
    """The highest bucket to read from, and its rows if they were read to find that bucket.

    Most conversations have one bucket, and one query of its rows is enough for them. A row of the second bucket is
    written only after the last row of the first bucket is acknowledged.
    """
    key, most, before = wanted
    if before is not None:
        highest = min(bucket_of(max(before - 1, 0), bucket_size), HIGHEST_BUCKET)
        return (min(highest, _bucket((yield PointerQuery(key)))) if highest else 0), None
    # One iterator is made and kept, because each new iterator over the driver's rows begins the page anew.
    rows = islice((yield RowsQuery(key, 0, bucket_size, most)), None)
    first = list(islice(rows, 1))
    if first and first[0][2] == bucket_size - 1 and (bucket := _bucket((yield PointerQuery(key)))):
        return bucket, None
    return 0, chain(first, rows)


def _bucket(pointers: Rows) -> int:
    return next((bucket for (bucket,) in pointers), 0)


def _end_of(bucket: int, wanted: WantedMessages, bucket_size: int) -> int:
    end = first_sequence(bucket + 1, bucket_size)
    return end if wanted.before is None else min(wanted.before, end)


def chatter_size(chatter: Chatter) -> int:
    """A message's bytes in a block's JSON."""
    return len(orjson.dumps(chatter)) + 1
