"""Reads rows for a comparison with what was published: runs of consecutive numbers, and what lies beside them."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.query import SimpleStatement

from chat_tasks.conversation.buckets import bucket_of
from chat_tasks.storage.session import TUPLES

_REQUESTS_IN_FLIGHT = 16
_KEYS_PER_PAGE = 500
# A page of keys may have to look through many deleted rows.
_SCAN_SECONDS = 60.0


class Run(NamedTuple):
    """The numbers from `first` to `last` of a conversation, all in one bucket."""

    conversation_key: str
    first: int
    last: int


class ComparedRow(NamedTuple):
    """A row as it is stored. A text that was deleted is None."""

    sequence: int
    sender: str | None
    recipients: list[str] | None
    body: str | None
    log_id: UUID | None
    log_offset: int | None


class NewestRow(NamedTuple):
    """A row without its texts."""

    sequence: int
    log_id: UUID | None
    log_offset: int | None


class StoredRuns:
    """Reads rows of many conversations with requests side by side.

    A command owns it. It keeps no state besides the session and the prepared statements. Every method blocks, and
    raises the driver's exceptions.
    """

    def __init__(self, session: Session, keyspace: str, bucket_size: int) -> None:
        self._session = session
        self._keyspace = keyspace
        self._bucket_size = bucket_size
        messages = f"FROM {keyspace}.messages WHERE conversation_key = ? AND bucket = ?"
        self._run = session.prepare(
            f"SELECT seq, sender, recipients, body, log_id, log_offset {messages} AND seq >= ? AND seq <= ?"
        )
        self._from = session.prepare(f"SELECT seq, log_id, log_offset {messages} AND seq >= ? LIMIT 100")
        self._below = session.prepare(f"SELECT seq {messages} AND seq < ? LIMIT 1")

    def of(self, runs: Sequence[Run]) -> list[dict[int, ComparedRow]]:
        """The rows of each run, by number."""
        asked = [(run.conversation_key, self._bucket(run.first), run.first, run.last) for run in runs]
        return [{row[0]: ComparedRow(*row) for row in rows} for rows in self._read(self._run, asked)]

    def above(self, numbers: Sequence[tuple[str, int]]) -> list[list[NewestRow]]:
        """The rows at or above a number of each conversation, at most a hundred, and in the number's bucket only."""
        asked = [(key, self._bucket(number), number) for key, number in numbers]
        return [[NewestRow(*row) for row in rows if row[0] is not None] for rows in self._read(self._from, asked)]

    def are_oldest_deleted(self, run: Run) -> bool:
        """Whether newer rows are there and no older ones, as after a deletion of old rows.

        Only the run's bucket and the two beside it are asked.
        """
        bucket = self._bucket(run.first)
        key, end = run.conversation_key, 2**63 - 1
        below = [(key, bucket, run.first), *([(key, bucket - 1, end)] if bucket else [])]
        above = [(key, bucket, run.last + 1), (key, bucket + 1, 0)]
        has_lower = any(row[0] is not None for rows in self._read(self._below, below) for row in rows)
        has_higher = any(row[0] is not None for rows in self._read(self._from, above) for row in rows)
        return has_higher and not has_lower

    def conversations(self) -> Iterator[str]:
        """The key of every conversation that has or had a row in its first bucket."""
        statement = SimpleStatement(
            f"SELECT DISTINCT conversation_key, bucket FROM {self._keyspace}.messages", fetch_size=_KEYS_PER_PAGE
        )
        for key, bucket in self._session.execute(statement, timeout=_SCAN_SECONDS, execution_profile=TUPLES):
            if bucket == 0:
                yield key

    def _bucket(self, sequence: int) -> int:
        return bucket_of(sequence, self._bucket_size)

    def _read(self, statement: Any, asked: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        found = execute_concurrent_with_args(
            self._session, statement, asked, concurrency=_REQUESTS_IN_FLIGHT, execution_profile=TUPLES
        )
        return (rows for _, rows in found)
