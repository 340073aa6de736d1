"""Which conversations each partition of the log has had, as dispatch saves it every few seconds.

Rows are written `USING TIMESTAMP 1 + offset` of the log, so that what somebody saves who has lost the partition since
never replaces what its successor saved. Segments go first: more in them than their total says does no harm.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from chat_tasks.storage.session import TUPLES

_SEGMENTS_PER_PAGE = 1
"""Of up to a megabyte; a page of each partition is asked for at once."""
_SEGMENTS_AT_ONCE = 4
_STORED_NAME = "log_of_known_conversations"


class FilterSegment(NamedTuple):
    """A Bloom filter of so many keys."""

    keys: int
    bits: bytes


class StoredConversations(NamedTuple):
    """All conversations of the records before `offset`; `keys` are how many, in `segments` from number 0 on.

    To be saved, only those segments are given that have changed.
    """

    offset: int
    keys: int
    segments: Mapping[int, FilterSegment]


class KnownConversationsTable:
    """Its methods block, and raise the driver's exceptions."""

    def __init__(self, session: Session, keyspace: str) -> None:
        self._session = session
        self._any_message = f"SELECT conversation_key FROM {keyspace}.messages LIMIT 1"
        self._log = session.prepare(f"SELECT value FROM {keyspace}.stored_settings WHERE name = '{_STORED_NAME}'")
        self._set_log = session.prepare(
            f"INSERT INTO {keyspace}.stored_settings (name, value) VALUES ('{_STORED_NAME}', ?) IF NOT EXISTS"
        )
        self._segment = session.prepare(
            f"INSERT INTO {keyspace}.known_conversations (log_id, log_partition, segment, keys, bits) "
            "VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?"
        )
        self._total = session.prepare(
            f"INSERT INTO {keyspace}.known_conversations (log_id, log_partition, log_offset, total_keys) "
            "VALUES (?, ?, ?, ?) USING TIMESTAMP ?"
        )
        self._select = session.prepare(
            f"SELECT log_offset, total_keys, segment, keys, bits FROM {keyspace}.known_conversations "
            "WHERE log_id = ? AND log_partition = ?"
        )
        self._select.fetch_size = _SEGMENTS_PER_PAGE

    def covers(self, log_id: str) -> bool:
        """Whether every message there has ever been is of this log: then no other conversation can have rows.

        Decided once, when the first dispatcher starts: not where there were messages then.
        """
        stored = self._session.execute(self._log).one()
        if stored is None:
            is_first = self._session.execute(self._any_message).one() is None
            value = log_id if is_first else "none"
            applied = self._session.execute(self._set_log, (value,)).one()
            return is_first if applied.applied else bool(applied.value == log_id)
        return bool(stored.value == log_id)

    def load(self, log_id: str, log_partitions: Sequence[int]) -> dict[int, StoredConversations]:
        """What was saved last of each partition; nothing before offset 0 where nothing was."""
        uuid = UUID(log_id)
        futures = {
            number: self._session.execute_async(self._select, (uuid, number), execution_profile=TUPLES)
            for number in log_partitions
        }
        found: dict[int, StoredConversations] = {}
        for number, future in futures.items():
            # Without a total the segments are those of a first attempt to save them, which did not come to its end. And
            # where somebody saves meanwhile the first total is one that all segments have.
            total: tuple[int, int] | None = None
            segments: dict[int, FilterSegment] = {}
            for offset, keys_in_all, segment, keys, bits in future.result():
                if total is None and offset is not None:
                    total = (offset, keys_in_all)
                if segment is not None:
                    segments[segment] = FilterSegment(keys, bits)
            found[number] = StoredConversations(*(total or (0, 0)), segments)
        return found

    def save(self, log_id: str, conversations: Mapping[int, StoredConversations]) -> None:
        """Of each partition; acknowledged when it returns."""
        uuid = UUID(log_id)
        segments = [
            (uuid, partition, number, segment.keys, segment.bits, 1 + stored.offset)
            for partition, stored in conversations.items()
            for number, segment in stored.segments.items()
        ]
        totals = [
            (uuid, partition, stored.offset, stored.keys, 1 + stored.offset)
            for partition, stored in conversations.items()
        ]
        for statement, values in ((self._segment, segments), (self._total, totals)):
            execute_concurrent_with_args(self._session, statement, values, concurrency=_SEGMENTS_AT_ONCE)
