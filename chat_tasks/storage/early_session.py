"""A session with Cassandra that is asked for early, and made while its owner does something else."""

from concurrent.futures import Future, ThreadPoolExecutor

from chat_tasks.settings import Settings
from chat_tasks.storage.session import Session, connect


class EarlySession:
    """It takes a few tenths of a second to make one, most of them waiting."""

    def __init__(self, settings: Settings) -> None:
        """Returns at once."""
        self._settings = settings
        self._first: Future[Session] | None = ThreadPoolExecutor(1, "cassandra").submit(connect, settings)

    def take(self) -> Session:
        """That session, and each later time a new one; blocks for a few seconds at most.

        Raises `DependencyUnavailable`.
        """
        first, self._first = self._first, None
        return connect(self._settings) if first is None else first.result()
