"""What Cassandra holds at the end of a run."""

from __future__ import annotations

from collections.abc import Iterator

from chat_tasks.settings import Settings
from tests.chaos.history import Row
from tests.pipeline.conversation import stored_rows
from tests.pipeline.own_session import own_session


def rows_of(settings: Settings) -> Iterator[Row]:
    """All rows of all conversations."""
    with own_session(settings) as session:
        for conversation, rows in stored_rows(session, settings).items():
            for row in rows:
                yield Row(conversation, row.seq, row.sender, tuple(row.recipients or ()), row.body)
