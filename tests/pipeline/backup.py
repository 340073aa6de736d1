"""A backup of the rows, as an operator has one, and its restoration."""

from __future__ import annotations

from typing import Any, NamedTuple

from cassandra.cluster import Session

from chat_tasks.settings import Settings

_COLUMNS = (
    "conversation_key, bucket, seq, sender, recipients, body, log_id, log_offset, sent_at, "
    "newest_bucket, newest_log_id, newest_log_offset"
)
_ROW = 9


class Backup(NamedTuple):
    """All rows of the table of messages, marks and horizons included, and the pointers."""

    messages: list[Any]
    pointers: list[Any]

    @classmethod
    def of(cls, session: Session, settings: Settings) -> Backup:
        """What is stored now."""
        keyspace = settings.cassandra_keyspace
        messages = session.execute(
            f"SELECT {_COLUMNS}, writetime(body), writetime(newest_log_offset) FROM {keyspace}.messages"
        )
        pointers = session.execute(f"SELECT conversation_key, bucket FROM {keyspace}.conversation_buckets")
        return cls(list(messages), list(pointers))

    def restore(self, session: Session, settings: Settings) -> None:
        """Put it in the place of what is stored."""
        keyspace = settings.cassandra_keyspace
        for table in ("messages", "conversation_buckets"):
            session.execute(f"TRUNCATE {keyspace}.{table}", timeout=60)
        columns = _COLUMNS.split(", ")
        insert_row = session.prepare(_insert(keyspace, columns[:_ROW]))
        insert_marks = session.prepare(_insert(keyspace, [*columns[:2], *columns[_ROW:]]))
        for *values, written, marked in self.messages:
            if values[2] is not None:
                session.execute(insert_row, (*values[:_ROW], written))
            if marked is not None:
                session.execute(insert_marks, (*values[:2], *values[_ROW:], marked))
        insert = f"INSERT INTO {keyspace}.conversation_buckets (conversation_key, bucket) VALUES (%s, %s)"
        for pointer in self.pointers:
            session.execute(insert, pointer)


def _insert(keyspace: str, columns: list[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {keyspace}.messages ({', '.join(columns)}) VALUES ({marks}) USING TIMESTAMP ?"
