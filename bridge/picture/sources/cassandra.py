"""The session with Cassandra, shared by all that read rows."""

import threading

from bridge.kafka.topics.plans import fixed_partitions
from chat_tasks.settings import Settings
from chat_tasks.storage.inspection.pages import PageReader
from chat_tasks.storage.quarantine import QuarantineTable
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import Session, connect, failures_as_unavailable


class Cassandra:
    """Connects at first use, and again at the next use if that failed.

    `Picture` owns it. Its methods may be called in any thread that may block; the driver's session is made for many
    threads. Every method raises `DependencyUnavailable`, and `ConfigurationError` if the stored data are not ours.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._stored: dict[str, str] = {}
        self._pages: PageReader | None = None
        self._quarantine: QuarantineTable | None = None

    def session(self) -> Session:
        """The session."""
        with self._lock:
            if self._session is None:
                session = connect(self._settings)
                try:
                    with failures_as_unavailable():
                        self._stored = check_stored_settings(session, self._settings)
                except BaseException:
                    # The driver keeps what nobody shuts down, and this is tried again every few seconds.
                    session.cluster.shutdown()
                    raise
                self._session = session
            return self._session

    def pages(self) -> PageReader:
        """What reads parts of conversations."""
        session = self.session()
        with self._lock, failures_as_unavailable():
            if self._pages is None:
                self._pages = PageReader(session, self._settings.cassandra_keyspace, self._settings.bucket_size)
            return self._pages

    def quarantine(self) -> QuarantineTable:
        """The table of quarantined conversations; its statements are prepared once."""
        session = self.session()
        with self._lock, failures_as_unavailable():
            if self._quarantine is None:
                keyspace, partitions = self._settings.cassandra_keyspace, self._settings.log_partitions
                self._quarantine = QuarantineTable(session, keyspace, partitions)
            return self._quarantine

    def output_partitions(self) -> int:
        """Over how many partitions of `instant_message_out` conversations are spread."""
        self.session()
        return fixed_partitions(self._settings, self._stored)[self._settings.output_topic]
