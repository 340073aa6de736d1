"""Reads heads: the head of a conversation is the number of its newest row from before a given offset of the log."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from cassandra import Unavailable
from cassandra.cluster import Session
from cassandra.query import PreparedStatement
from msgspec.structs import replace

from chat_tasks.conversation.buckets import first_sequence
from chat_tasks.conversation.head_search import BucketQuery, Head, Search, is_later, search_downwards
from chat_tasks.conversation.records import NO_HEAD
from chat_tasks.storage.query_coroutines import answer
from chat_tasks.storage.requests.counted_requests import CountedRequests
from chat_tasks.storage.requests.read_replicas import ReadReplicas
from chat_tasks.storage.requests.ring import Ring, routing_key
from chat_tasks.storage.session import TUPLES
from chat_tasks.tracing import database

_KEYS_PER_QUERY = 100
_ROWS_PER_PAGE = 100
# Each search has a page of rows in memory.
_SEARCHES_AT_ONCE = 8


class _Newest(NamedTuple):
    """A bucket's newest row, even if only some of its columns are stored, and bucket 0's mark.

    `sequence` is None if the bucket has no row. The last three fields are the mark, None if there is none.
    """

    sequence: int | None
    log_id: UUID | None
    log_offset: int | None
    newest_bucket: int | None
    newest_log_id: UUID | None
    newest_log_offset: int | None


class HeadReader:
    """Reads the heads of many conversations with few queries.

    The worker's resources own one for each worker process, which works on one task at a time. It keeps no state besides
    the prepared statements and what it counts, and lives as long as the process. Invariant: a head is a row from before
    the conversation's first record, read from a majority of the replicas. The caller asks afterwards whether a node has
    started since the last replay: one of `replicas`. A read that fails raises nothing: the conversation gets the
    exception in place of a head.
    """

    def __init__(self, session: Session, keyspace: str, ring: Ring, bucket_size: int) -> None:
        self.requests = CountedRequests(session)
        self.replicas = ReadReplicas(ring)
        self._bucket_size = bucket_size
        self._pointers = session.prepare(
            f"SELECT conversation_key, bucket FROM {keyspace}.conversation_buckets "
            "WHERE conversation_key IN ? PER PARTITION LIMIT 1"
        )
        self._newest = session.prepare(
            "SELECT conversation_key, seq, log_id, log_offset, newest_bucket, newest_log_id, newest_log_offset "
            f"FROM {keyspace}.messages WHERE conversation_key IN ? AND bucket = ? PER PARTITION LIMIT 1"
        )
        self._downwards = session.prepare(
            "SELECT seq, log_id, log_offset, sender, recipients, body, "
            "writetime(sender), writetime(recipients), writetime(body) "
            f"FROM {keyspace}.messages WHERE conversation_key = ? AND bucket = ? ORDER BY seq DESC"
        )
        self._downwards.fetch_size = _ROWS_PER_PAGE

    def read(self, first_offsets: Mapping[str, int], log_id: UUID) -> dict[str, Head | Exception]:
        """The head of each conversation, given the offset of its first record in the log `log_id`; blocks.

        A conversation whose read failed has the exception in place of a head. A row of another log lies before every
        record of this log, because the offsets of a new log start again.
        """
        found: dict[str, Head | Exception] = {}
        newest = self._read_newest({0: list(first_offsets)}, found)
        marks = {key: row for key, row in newest.items() if row.newest_bucket is not None}
        # Most conversations have one bucket, so nothing else is read for them.
        longer = {key: row for key, row in newest.items() if row.newest_bucket or row.sequence == self._bucket_size - 1}
        pointers = self._read_pointers(list(longer), found)
        # Either of the two may have been deleted, or written by a version that knew only pointers.
        buckets = {key: max(row.newest_bucket or 0, pointers.get(key, 0)) for key, row in longer.items()}
        by_bucket: dict[int, list[str]] = defaultdict(list)
        for key, bucket in buckets.items():
            if bucket:
                del newest[key]
                by_bucket[bucket].append(key)
        newest.update(self._read_newest(by_bucket, found))
        searches: dict[str, Search] = {}
        for key, first_offset in first_offsets.items():
            if key in found:
                continue
            row = newest.get(key)
            if row is None and key not in buckets:
                found[key] = Head(NO_HEAD)
            elif (
                row is not None
                and row.sequence is not None
                and not is_later(row.log_id, row.log_offset, first_offset, log_id)
            ):
                found[key] = Head(row.sequence)
            else:
                searches[key] = search_downwards(key, buckets.get(key, 0), first_offset, log_id)
        found.update(self._search(searches))
        for key, row in marks.items():
            head = found[key]
            if isinstance(head, Head) and not is_later(
                row.newest_log_id, row.newest_log_offset, first_offsets[key], log_id
            ):
                found[key] = replace(head, least=first_sequence(row.newest_bucket or 0, self._bucket_size))
        return found

    def _read_pointers(self, keys: Sequence[str], failed: dict[str, Head | Exception]) -> dict[str, int]:
        self.replicas.note(key.encode() for key in keys)
        groups = _portions(keys)
        return dict(self._read(self._pointers, [(group,) for group in groups], groups, failed))

    def _read_newest(
        self, by_bucket: Mapping[int, list[str]], failed: dict[str, Head | Exception]
    ) -> dict[str, _Newest]:
        self.replicas.note(routing_key(key, bucket) for bucket, keys in by_bucket.items() for key in keys)
        queries = [(group, bucket) for bucket, keys in by_bucket.items() for group in _portions(keys)]
        rows = self._read(self._newest, queries, [group for group, _ in queries], failed)
        return {key: _Newest(*row) for key, *row in rows}

    def _read(
        self,
        statement: PreparedStatement,
        queries: Sequence[tuple[Any, ...]],
        groups: Sequence[Sequence[str]],
        failed: dict[str, Head | Exception],
    ) -> list[Any]:
        """The rows of all queries. The conversations of a query that failed get the reason in `failed`."""
        rows: list[Any] = []
        alone: list[tuple[Any, ...]] = []
        for query, group, (succeeded, result) in zip(queries, groups, self._execute(statement, queries), strict=True):
            if succeeded:
                rows.extend(result)
            elif len(group) > 1 and isinstance(result, Unavailable):
                # Too few replicas of one conversation must not fail those that only share its query.
                alone.extend(([key], *query[1:]) for key in group)
            else:
                failed.update(dict.fromkeys(group, result))
        if alone:
            rows.extend(self._read(statement, alone, [keys for keys, *_ in alone], failed))
        return rows

    def _search(self, searches: Mapping[str, Search]) -> dict[str, Head | Exception]:
        """The head that each search finds, or the exception that ended it."""
        found: dict[str, Head | Exception] = {}
        keys = list(searches)
        for start in range(0, len(keys), _SEARCHES_AT_ONCE):
            group = {key: searches[key] for key in keys[start : start + _SEARCHES_AT_ONCE]}
            found.update(answer(group, self._read_downwards))
        return found

    def _read_downwards(self, queries: Sequence[BucketQuery]) -> Sequence[tuple[bool, Any]]:
        self.replicas.note(routing_key(*query) for query in queries)
        return self._execute(self._downwards, queries)

    def _execute(self, statement: PreparedStatement, queries: Sequence[tuple[Any, ...]]) -> Sequence[tuple[bool, Any]]:
        reads = database.select("conversation_buckets" if statement is self._pointers else "messages")
        return self.requests.send(reads, [(statement, query) for query in queries], execution_profile=TUPLES)


def _portions(keys: Sequence[str]) -> list[Sequence[str]]:
    """The keys of each query. The driver sends an IN to any node, so it does not matter which keys share a query."""
    return [keys[start : start + _KEYS_PER_QUERY] for start in range(0, len(keys), _KEYS_PER_QUERY)]
