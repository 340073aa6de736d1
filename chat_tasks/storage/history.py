"""The newest messages of many conversations, read at once."""

from collections.abc import Sequence
from typing import Any

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent

from chat_tasks.conversation.newest import Query, RowsQuery, WantedMessages, newest_messages
from chat_tasks.conversation.records import Chatter
from chat_tasks.storage.query_coroutines import answer
from chat_tasks.storage.session import TUPLES

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

    def newest(self, wanted: Sequence[WantedMessages]) -> list[Found]:
        """The messages of each, oldest first, or why they could not be read; blocks."""
        readings = {
            number: newest_messages(one, self._bucket_size, self._largest_bytes) for number, one in enumerate(wanted)
        }
        found = answer(readings, self._execute)
        return [found[number] for number in range(len(wanted))]

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
