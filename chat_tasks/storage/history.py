"""The newest messages of many conversations, read at once."""

from collections.abc import Iterable, Sequence
from typing import Any

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent

from chat_tasks.newest import Reading, RowsQuery, Wanted, likely_query, newest_messages
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
        # Most conversations have one bucket, and then this guess saves them the wait for the pointers.
        guesses = [likely_query(one, self._bucket_size, self._largest_bytes) for one in wanted]
        results = iter(
            self._execute(
                [
                    query
                    for one, guess in zip(wanted, guesses, strict=True)
                    if guess is not None
                    for query in ((self._pointer, (one.conversation_key,)), (self._below, guess))
                ]
            )
        )
        found: list[Found] = [[] for _ in wanted]
        waiting: list[tuple[int, Reading, RowsQuery]] = []
        for number, (one, guess) in enumerate(zip(wanted, guesses, strict=True)):
            if guess is None:
                continue
            (_, pointer), (_, rows) = answers = next(results), next(results)
            if failure := _failure(answers):
                found[number] = failure
                continue
            newest = pointer.one()
            bucket = newest.bucket if newest is not None else 0
            reading = newest_messages(one, bucket, self._bucket_size, self._largest_bytes)
            query: RowsQuery | None = next(reading)
            if query == guess:
                query = _go_on(reading, rows, found, number)
            if query is not None:
                waiting.append((number, reading, query))
        while waiting:
            waiting = self._read_on(waiting, found)
        return found

    def _read_on(
        self, waiting: Sequence[tuple[int, Reading, RowsQuery]], found: list[Found]
    ) -> list[tuple[int, Reading, RowsQuery]]:
        still: list[tuple[int, Reading, RowsQuery]] = []
        answers = self._execute([(self._below, query) for _, _, query in waiting])
        for (number, reading, _), answer in zip(waiting, answers, strict=True):
            if failure := _failure([answer]):
                found[number] = failure
            elif (query := _go_on(reading, answer[1], found, number)) is not None:
                still.append((number, reading, query))
        return still

    def _execute(self, queries: Sequence[tuple[Any, tuple[Any, ...]]]) -> Sequence[tuple[bool, Any]]:
        # More than the few that a process sends at a time when it writes: these are small.
        return list(
            execute_concurrent(self._session, queries, concurrency=_REQUESTS_IN_FLIGHT, raise_on_first_error=False)
        )


def _failure(answers: Iterable[tuple[bool, Any]]) -> Exception | None:
    return next((result for succeeded, result in answers if not succeeded), None)


def _go_on(reading: Reading, rows: Iterable[Chatter], found: list[Found], number: int) -> RowsQuery | None:
    """The next query; None where it is over, with what came of it in `found`. Further pages of `rows` block."""
    try:
        return reading.send(rows)
    except StopIteration as end:
        found[number] = end.value
    except Exception as error:  # noqa: BLE001 - the driver's failures share no base class
        found[number] = error
    return None
