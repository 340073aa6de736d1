"""A session of the driver's for the test itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cassandra.cluster import Session

from chat_tasks.settings import Settings
from chat_tasks.storage.session import connect

_PATIENCE_SECONDS = 300.0


@contextmanager
def own_session(settings: Settings) -> Iterator[Session]:
    """A session that waits for a busy Cassandra longer than the pipeline does, and ends with the context."""
    session = connect(settings.model_copy(update={"cassandra_timeout": _PATIENCE_SECONDS}))
    try:
        yield session
    finally:
        session.cluster.shutdown()
