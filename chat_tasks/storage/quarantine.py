"""Conversations that cannot be written: kept aside, durably, so that they jam nobody."""

import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cassandra.cluster import Session


class Quarantined(NamedTuple):
    """`since` is in milliseconds since 1970."""

    log_partition: int
    conversation_key: str
    reason: str
    since: int


class Quarantine:
    """The table of quarantined conversations, by partition of the log."""

    def __init__(self, session: Session, keyspace: str) -> None:
        self._session = session
        table = f"{keyspace}.quarantined_conversations"
        self._insert = session.prepare(
            f"INSERT INTO {table} (log_partition, conversation_key, reason, since) VALUES (?, ?, ?, ?)"
        )
        self._select = session.prepare(
            f"SELECT log_partition, conversation_key, reason, since FROM {table} WHERE log_partition = ?"
        )

    def add(self, log_partition: int, reasons: Mapping[str, str]) -> None:
        """Quarantine conversations of one partition, each with its reason. Raises the driver's exceptions."""
        now = time.time_ns() // 1_000_000
        for key, reason in reasons.items():
            self._session.execute(self._insert, (log_partition, key, reason, now))

    def of_partitions(self, log_partitions: Iterable[int]) -> list[Quarantined]:
        """Those of these partitions. Raises the driver's exceptions."""
        return [
            Quarantined(row.log_partition, row.conversation_key, row.reason, round(row.since.timestamp() * 1000))
            for partition in log_partitions
            for row in self._session.execute(self._select, (partition,))
        ]
