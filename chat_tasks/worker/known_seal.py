"""What a worker process knows of its pipeline: the seal, as Cassandra had it when the row was last read."""

import time

from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings
from chat_tasks.storage.session import Session, failures_as_unavailable
from chat_tasks.storage.task_keys import KNOWN_SECONDS, read_seal


class KnownSeal:
    """The seal of the pipeline, to be read again if it is older than `KNOWN_SECONDS`.

    `WorkerResources` owns it, and it is used in the thread of the tasks. `seal` is the one that was read last: it may
    be too old to work by, and can still tell whether to answer.
    """

    def __init__(self, session: Session, settings: Settings) -> None:
        """Read the seal. Raises `ConfigurationError`, and the driver's exceptions."""
        self._session = session
        self._settings = settings
        self._read_at = 0.0
        self._read()

    def renew(self) -> None:
        """Read the seal again if it is too old, and keep it if it cannot be read. Raises `ConfigurationError`."""
        if time.monotonic() - self._read_at >= KNOWN_SECONDS:
            try:
                with failures_as_unavailable():
                    self._read()
            except DependencyUnavailable:
                # With one copy of each row, all conversations would wait for the one node that has this row.
                self._read_at = time.monotonic()

    def _read(self) -> None:
        read_at = time.monotonic()
        self.seal = read_seal(self._session, self._settings)
        self._read_at = read_at
