"""The newest messages of many conversations, read at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent

from chat_tasks.newest import Query, Reading, Rows, RowsQuery, Wanted, newest_messages
from chat_tasks.storage.session import TUPLES
from chat_tasks.wire import Chatter

_ROWS_PER_PAGE = 200
_REQUESTS_IN_FLIGHT = 32

Found = list[Chatter] | Exception


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

    def newest(self, wanted: Sequence[Wanted]) -> list[Found]:
        """The messages of each, oldest first, or why they could not be read; blocks."""
        found: list[Found] = [[] for _ in wanted]
        waiting: list[_Waiting] = []
        for number, one in enumerate(wanted):
            reading = newest_messages(one, self._bucket_size, self._largest_bytes)
            if (query := next(reading, None)) is not None:
                waiting.append(_Waiting(number, reading, query))
        while waiting:
            answers = self._execute([one.query for one in waiting])
            still: list[_Waiting] = []
            for asked, (succeeded, result) in zip(waiting, answers, strict=True):
                if not succeeded:
                    found[asked.number] = result
                elif (again := _go_on(asked, result, found)) is not None:
                    still.append(again)
            waiting = still
        return found

    def _execute(self, queries: Sequence[Query]) -> Sequence[tuple[bool, Any]]:
        # More than the few that a process sends at a time when it writes: these are small.
        return list(
            execute_concurrent(
                self._session,
                [(self._below if isinstance(query, RowsQuery) else self._pointer, query) for query in queries],
                concurrency=_REQUESTS_IN_FLIGHT,
                raise_on_first_error=False,
                execution_profile=TUPLES,
            )
        )


class _Waiting(NamedTuple):
    number: int
    reading: Reading
    query: Query


def _go_on(one: _Waiting, rows: Rows, found: list[Found]) -> _Waiting | None:
    """With the next query; None where it is over, with what came of it in `found`. Further pages of `rows` block."""
    try:
        return one._replace(query=one.reading.send(rows))
    except StopIteration as end:
        found[one.number] = end.value
    except Exception as error:  # noqa: BLE001 - the driver's failures share no base class
        found[one.number] = error
    return None
