"""Reads the newest messages of many conversations at once."""

from collections.abc import Sequence
from typing import Any

from cassandra.cluster import Session
from cassandra.query import PreparedStatement

from chat_tasks.conversation.newest import (
    FirstBucketQuery,
    OriginQuery,
    PointerQuery,
    Query,
    RowsQuery,
    WantedMessages,
    newest_messages,
)
from chat_tasks.conversation.records import Chatter
from chat_tasks.storage.query_coroutines import answer
from chat_tasks.storage.requests.counted_requests import CountedRequests
from chat_tasks.storage.requests.read_replicas import ReadReplicas
from chat_tasks.storage.requests.ring import Ring, routing_key
from chat_tasks.storage.session import TUPLES
from chat_tasks.tracing import database

_ROWS_PER_PAGE = 200
_REQUESTS_IN_FLIGHT = 32

Found = list[Chatter] | Exception


class HistoryReader:
    """Reads the newest messages of conversations for blocks.

    The worker's resources own one for each worker process, which works on one task at a time. It keeps no state besides
    the prepared statements and what it counts, and lives as long as the process. Invariant: no message above a gap is
    returned unless it is published, because such a row may not be acknowledged. A read that fails raises nothing: its
    request gets the exception.
    """

    def __init__(self, session: Session, keyspace: str, bucket_size: int, largest_bytes: int) -> None:
        self.requests = CountedRequests(session)
        self.replicas = ReadReplicas(Ring(session, keyspace))
        self._bucket_size = bucket_size
        self._largest_bytes = largest_bytes
        self._statements: dict[type[Query], PreparedStatement] = {
            RowsQuery: session.prepare(
                f"SELECT sender, body, seq FROM {keyspace}.messages "
                "WHERE conversation_key = ? AND bucket = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
            ),
            FirstBucketQuery: session.prepare(
                f"SELECT sender, body, seq, newest_bucket FROM {keyspace}.messages "
                "WHERE conversation_key = ? AND bucket = 0 ORDER BY seq DESC LIMIT ?"
            ),
            PointerQuery: session.prepare(
                f"SELECT bucket FROM {keyspace}.conversation_buckets WHERE conversation_key = ? LIMIT 1"
            ),
            OriginQuery: session.prepare(
                f"SELECT log_id, log_offset FROM {keyspace}.messages "
                "WHERE conversation_key = ? AND bucket = ? AND seq = ?"
            ),
        }
        for statement in self._statements.values():
            statement.fetch_size = _ROWS_PER_PAGE

    def newest(self, wanted: Sequence[WantedMessages]) -> list[Found]:
        """The messages for each request, oldest first, or the exception of a read that failed; blocks."""
        readings = {
            number: newest_messages(one, self._bucket_size, self._largest_bytes) for number, one in enumerate(wanted)
        }
        found = answer(readings, self._execute)
        return [found[number] for number in range(len(wanted))]

    def _execute(self, queries: Sequence[Query]) -> Sequence[tuple[bool, Any]]:
        self.replicas.note(map(_partition_key, queries))
        # These requests are small, so more of them are in flight than when a process writes.
        return self.requests.send(
            database.select("messages"),
            [(self._statements[type(query)], query) for query in queries],
            concurrency=_REQUESTS_IN_FLIGHT,
            execution_profile=TUPLES,
        )


def _partition_key(query: Query) -> bytes:
    match query:
        case PointerQuery():
            return query.conversation_key.encode()
        case FirstBucketQuery():
            return routing_key(query.conversation_key, 0)
        case _:
            return routing_key(query.conversation_key, query.bucket)
