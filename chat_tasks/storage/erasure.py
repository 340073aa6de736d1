"""Erases messages in the table of messages: reads the rows page by page, and blanks them."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any, TypeVar

from cassandra import RequestValidationException
from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent

from chat_tasks.backoff import Backoff
from chat_tasks.conversation.buckets import bucket_of, first_sequence
from chat_tasks.conversation.erasure import ERASED_BODY, ERASED_RECIPIENTS, ErasableRow, erasure_timestamp
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.storage.session import TUPLES, failures_as_unavailable

# A page is in memory, and bodies may have 64 kB.
_ROWS_PER_PAGE = 200
# Few, because the pipeline writes too.
_REQUESTS_IN_FLIGHT = 8
_PATIENCE_SECONDS = 60.0
_BACKOFF = Backoff()

ResultT = TypeVar("ResultT")


class RowEraser:
    """Reads the rows of one conversation for an erasure, and blanks some of them.

    The command owns one and uses it in one thread. It keeps no state besides the session and the prepared statements.
    Invariants: no row is made, and none gets another number, sender or place in the log; at most a page of rows is in
    memory. A request that fails is sent again for a minute; then `DependencyUnavailable` is raised.
    """

    def __init__(self, session: Session, keyspace: str, bucket_size: int) -> None:
        self._session = session
        self._bucket_size = bucket_size
        table = f"{keyspace}.messages"
        columns = "seq, sender, recipients, body, log_id, log_offset, writetime(recipients), writetime(body)"
        one = "conversation_key = ? AND bucket = ?"
        self._page = session.prepare(f"SELECT {columns} FROM {table} WHERE {one} AND seq < ? LIMIT {_ROWS_PER_PAGE}")
        self._some = session.prepare(f"SELECT {columns} FROM {table} WHERE {one} AND seq IN ?")
        self._newest = session.prepare(f"SELECT seq, newest_bucket FROM {table} WHERE {one} LIMIT 1")
        self._pointer = session.prepare(
            f"SELECT bucket FROM {keyspace}.conversation_buckets WHERE conversation_key = ? LIMIT 1"
        )
        self._blank = session.prepare(
            f"UPDATE {table} USING TIMESTAMP ? SET recipients = ?, body = ? WHERE {one} AND seq = ?"
        )

    def newest(self, conversation_key: str) -> int | None:
        """The highest number of the conversation; None if it has no row."""
        marks = self._read(self._newest, (conversation_key, 0))
        pointers = self._read(self._pointer, (conversation_key,))
        highest = max([*(mark or 0 for _, mark in marks), *(bucket for (bucket,) in pointers)], default=0)
        # Rows may be deleted, and a pointer may be written while the first row of its bucket is not.
        for bucket in range(highest, -1, -1):
            for sequence, _ in self._read(self._newest, (conversation_key, bucket)):
                if sequence is not None:
                    return int(sequence)
        return None

    def rows(self, conversation_key: str, newest: int) -> Iterator[list[ErasableRow]]:
        """All rows with numbers up to `newest`, in pages, from the oldest bucket on."""
        for bucket in range(bucket_of(newest, self._bucket_size) + 1):
            below = min(first_sequence(bucket + 1, self._bucket_size), newest + 1)
            while page := self._rows(self._page, (conversation_key, bucket, below)):
                yield page
                below = page[-1].sequence

    def rows_with(self, conversation_key: str, numbers: Sequence[int]) -> Iterator[list[ErasableRow]]:
        """The rows with these numbers, in pages. A number without a row is passed over."""
        by_bucket: dict[int, list[int]] = defaultdict(list)
        for number in sorted(set(numbers)):
            by_bucket[bucket_of(number, self._bucket_size)].append(number)
        for bucket, mine in by_bucket.items():
            for start in range(0, len(mine), _ROWS_PER_PAGE):
                yield self._rows(self._some, (conversation_key, bucket, mine[start : start + _ROWS_PER_PAGE]))

    def blank(self, conversation_key: str, rows: Sequence[ErasableRow]) -> None:
        """Blank these rows, on a majority of their replicas."""
        now = time.time_ns() // 1000
        waiting = [
            (
                erasure_timestamp(row, now),
                ERASED_RECIPIENTS,
                ERASED_BODY,
                conversation_key,
                bucket_of(row.sequence, self._bucket_size),
                row.sequence,
            )
            for row in rows
        ]

        def write() -> None:
            results = execute_concurrent(
                self._session,
                [(self._blank, values) for values in waiting],
                concurrency=_REQUESTS_IN_FLIGHT,
                raise_on_first_error=False,
            )
            failures = [error for succeeded, error in results if not succeeded]
            waiting[:] = [values for values, (succeeded, _) in zip(waiting, results, strict=True) if not succeeded]
            if failures:
                raise failures[0]

        _patiently(write)

    def _rows(self, statement: Any, values: tuple[Any, ...]) -> list[ErasableRow]:
        # A bucket 0 whose rows were deleted still has its mark.
        return [ErasableRow(*row) for row in self._read(statement, values) if row[0] is not None]

    def _read(self, statement: Any, values: tuple[Any, ...]) -> list[Any]:
        return _patiently(lambda: list(self._session.execute(statement, values, execution_profile=TUPLES)))


def _patiently(step: Callable[[], ResultT]) -> ResultT:
    """Run an idempotent step, again after a failure that may pass. Raises `DependencyUnavailable` after a minute."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for attempt in count(1):
        try:
            with failures_as_unavailable():
                return step()
        except DependencyUnavailable as error:
            if isinstance(error.__cause__, RequestValidationException) or time.monotonic() > deadline:
                raise
            time.sleep(_BACKOFF.delay(attempt))
    raise AssertionError("unreachable")
