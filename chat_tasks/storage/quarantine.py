"""The table of conversations that cannot be written. They are kept aside durably until somebody releases them.

All writes are conditional. So the servers decide their order, whatever the clocks of the writers say.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cassandra.cluster import Session

from chat_tasks.conversation.routing import partition_of


class Quarantined(NamedTuple):
    """A row of the table. Times are in milliseconds since 1970; the time of a release request names the request."""

    log_partition: int
    conversation_key: str
    reason: str
    since: int
    release_requested: int | None


class QuarantineTable:
    """The table of quarantined conversations, by partition of the log.

    `Cluster` owns one for dispatch, and the command `chat-tasks quarantine` makes its own. It may be used in any thread
    that may block, and keeps no state besides the session and the prepared statements. Invariants: a conversation has
    at most one row, and a row is removed only for the request that the remover names. The owner closes the session.
    Every method raises the driver's exceptions.
    """

    def __init__(self, session: Session, keyspace: str, log_partitions: int) -> None:
        self._session = session
        self._log_partitions = log_partitions
        table = f"{keyspace}.quarantined_conversations"
        one = "WHERE log_partition = ? AND conversation_key = ?"
        self._insert = session.prepare(
            f"INSERT INTO {table} (reason, since, log_partition, conversation_key) VALUES (?, ?, ?, ?) IF NOT EXISTS"
        )
        self._insert_again = session.prepare(
            f"UPDATE {table} SET reason = ?, since = ?, release_requested = null {one} IF EXISTS"
        )
        self._request = session.prepare(
            f"UPDATE {table} SET release_requested = ? {one} IF reason != null AND release_requested = null"
        )
        self._delete = session.prepare(f"DELETE FROM {table} {one} IF release_requested = ?")
        self._select = session.prepare(
            "SELECT log_partition, conversation_key, reason, since, release_requested "
            f"FROM {table} WHERE log_partition IN ?"
        )

    def add(self, conversation_key: str, reason: str) -> None:
        """Quarantine a conversation; this ends a request to release it."""
        values = (reason, _now(), *self._primary_key(conversation_key))
        # The end of a release may delete the row between the two statements.
        while not (self._applied(self._insert, values) or self._applied(self._insert_again, values)):
            pass

    def of_partitions(self, log_partitions: Iterable[int]) -> list[Quarantined]:
        """The quarantined conversations of these partitions of the log."""
        return [
            Quarantined(*row[:3], *(None if time_ is None else _milliseconds(time_) for time_ in row[3:]))
            for row in self._session.execute(self._select, (list(log_partitions),))
        ]

    def find(self, conversation_key: str) -> Quarantined | None:
        """The row of one conversation, or None if the conversation is not quarantined."""
        rows = self.of_partitions([self._primary_key(conversation_key)[0]])
        return next((row for row in rows if row.conversation_key == conversation_key), None)

    def request_release(self, conversation_key: str) -> None:
        """Ask the owner of the partition to release the conversation.

        Without effect if it is not quarantined, or asked for already: another time would be another request.
        """
        self._applied(self._request, (_now(), *self._primary_key(conversation_key)))

    def remove(self, conversation_key: str, request: int) -> None:
        """Delete the row of a released conversation; without effect if it was quarantined again since this request."""
        self._applied(self._delete, (*self._primary_key(conversation_key), request))

    def _primary_key(self, conversation_key: str) -> tuple[int, str]:
        return partition_of(conversation_key.encode(), self._log_partitions), conversation_key

    def _applied(self, statement: Any, values: tuple[Any, ...]) -> bool:
        return bool(self._session.execute(statement, values).one().applied)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _milliseconds(time_: datetime) -> int:
    """Milliseconds since 1970. The driver gives a time in UTC without a time zone."""
    return round(time_.replace(tzinfo=UTC).timestamp() * 1000)
