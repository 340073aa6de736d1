"""Horizons: rows that tell how far the rows of a partition of the log are complete, stored among the rows themselves.

The log is purged of records whose rows no node can forget. A backup that is older than such a purge lacks rows that the
log has no more. The backup has the horizon of its time, because both are in one table: so it shows how old its rows
are. A horizon is the mark of a conversation that no user can have: its key is the log's id, its bucket is below 0.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args


class Horizons:
    """Stores and reads the horizons of a log's partitions.

    `Cluster` owns one for dispatch, and commands make their own. It may be used in any thread that may block, and keeps
    no state besides the session and the prepared statements. Invariant: a horizon never goes back, because its write
    has the timestamp 1 + offset. Both methods raise the driver's exceptions.
    """

    def __init__(self, session: Session, keyspace: str) -> None:
        self._session = session
        row = "WHERE conversation_key = ? AND bucket = ?"
        self._update = session.prepare(
            f"UPDATE {keyspace}.messages USING TIMESTAMP ? SET newest_log_id = ?, newest_log_offset = ? {row}"
        )
        self._select = session.prepare(f"SELECT bucket, newest_log_offset FROM {keyspace}.messages {row}")

    def store(self, log_id: str, offsets: Mapping[int, int]) -> None:
        """Store that all rows of records below these offsets are stored, by partition of the log."""
        log = UUID(log_id)
        execute_concurrent_with_args(
            self._session,
            self._update,
            [(1 + offset, log, offset, log_id, _bucket(number)) for number, offset in offsets.items()],
        )

    def read(self, log_id: str, partitions: Iterable[int]) -> dict[int, int]:
        """The horizon of each of these partitions that has one."""
        asked = [(log_id, _bucket(number)) for number in partitions]
        found = execute_concurrent_with_args(self._session, self._select, asked, results_generator=True)
        rows = [row for _, result in found if (row := result.one()) is not None]
        return {-1 - row.bucket: row.newest_log_offset for row in rows if row.newest_log_offset is not None}


def _bucket(log_partition: int) -> int:
    return -1 - log_partition
