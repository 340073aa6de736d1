"""What Cassandra holds at the end of a run."""

from __future__ import annotations

from collections.abc import Iterator

from cassandra.cluster import Session

from chat_tasks.settings import Settings
from chat_tasks.storage.session import connect
from tests.chaos.history import Row
from tests.pipeline.conversation import stored_rows


def rows_of(settings: Settings) -> Iterator[Row]:
    """All rows of all conversations."""
    session: Session = connect(settings)
    try:
        for conversation, rows in stored_rows(session, settings).items():
            for row in rows:
                yield Row(conversation, row.seq, row.sender, tuple(row.recipients or ()), row.body)
    finally:
        session.cluster.shutdown()
