"""The newest messages of a conversation, over bucket boundaries."""

from collections.abc import Iterator

import orjson
from cassandra.cluster import Session

from chat_tasks.buckets import bucket_of, first_sequence
from chat_tasks.wire import Chatter

_ROWS_PER_PAGE = 200


class HistoryReader:
    """Reads what is acknowledged: of the rows it reads, never one above a gap."""

    def __init__(self, session: Session, keyspace: str, bucket_size: int, largest_bytes: int) -> None:
        self._session = session
        self._bucket_size = bucket_size
        self._largest_bytes = largest_bytes
        self._pointer = session.prepare(
            f"SELECT bucket FROM {keyspace}.conversation_buckets WHERE conversation_key = ? LIMIT 1"
        )
        self._below = session.prepare(
            f"SELECT sender, body, seq FROM {keyspace}.messages "
            "WHERE conversation_key = ? AND bucket = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
        )
        self._below.fetch_size = _ROWS_PER_PAGE

    def newest(self, conversation_key: str, count: int, before: int | None) -> list[Chatter]:
        """Up to `count` messages with numbers below `before` (None: all), oldest first, the newest kept; blocks.

        Fewer where the block would grow past its byte limit. Raises the driver's exceptions.
        """
        kept: list[Chatter] = []
        size = 0
        if count == 0:
            return kept
        for chatter in self._downwards(conversation_key, count, before):
            if kept and chatter[2] != kept[-1][2] - 1:
                # A gap: what lies above it is not acknowledged yet.
                kept, size = [], 0
            size += chatter_size(chatter)
            if kept and size > self._largest_bytes:
                break
            kept.append(chatter)
            if len(kept) == count:
                break
        else:
            if kept and kept[-1][2] != 0:
                return []
        return kept[::-1]

    def _downwards(self, conversation_key: str, count: int, before: int | None) -> Iterator[Chatter]:
        pointer = self._session.execute(self._pointer, (conversation_key,)).one()
        newest_bucket = pointer.bucket if pointer is not None else 0
        if before is not None:
            newest_bucket = min(newest_bucket, bucket_of(max(before - 1, 0), self._bucket_size))
        for bucket in range(newest_bucket, -1, -1):
            upper = first_sequence(bucket + 1, self._bucket_size)
            below = upper if before is None else min(before, upper)
            while True:
                rows = 0
                for sender, body, sequence in self._session.execute(
                    self._below, (conversation_key, bucket, below, count)
                ):
                    rows += 1
                    below = sequence
                    yield sender, body, sequence
                # A full page may have been dropped at a gap: then more are wanted from this bucket.
                if rows < count:
                    break


def chatter_size(chatter: Chatter) -> int:
    """A message's bytes in a block's JSON."""
    return len(orjson.dumps(chatter)) + 1
