"""Watches the pipeline for as long as the console runs."""

import threading

from bridge.audit.reading import AuditPart, read_audit
from bridge.audit.trail import AuditTrail
from bridge.picture.history import SECONDS_BETWEEN
from bridge.picture.picture import Picture
from bridge.picture.sight import Sight
from bridge.picture.sources.looked_at import LookedAt
from bridge.picture.sources.processes import Process
from bridge.picture.sources.source import Source
from bridge.picture.sources.workers import KnownWorker, WorkersReader
from bridge.picture.view import PipelineView
from chat_tasks.settings import Settings
from console.conversation.announcements import Announcements
from console.events.event import EventLog
from console.events.noticed import Noticing
from console.events.reader import EventReader
from console.letters.looks import Looks
from console.letters.replays import Replays
from console.quarantine.releases import Releases
from console.workers.times import TaskTimes

AUDIT_RECORDS = 400


class Watch:
    """The picture of the pipeline, looked at every two seconds, and what follows single conversations.

    The command owns one and starts it before the web server. `sight` and `view` answer at once, in any thread.
    `workers` and `audit` rest while nobody looks at them.
    """

    def __init__(self, settings: Settings) -> None:
        """Ask nobody yet. Raises `ConfigurationError`."""
        self._picture = Picture(settings)
        self.cassandra = self._picture.cassandra
        self.announcements = Announcements(settings, self.cassandra.output_partitions)
        self.trail = AuditTrail(settings)
        self.workers: LookedAt[list[KnownWorker]] = LookedAt("workers", WorkersReader(settings), 1.0)
        self.task_times = TaskTimes()
        self.events = EventLog()
        self._noticing = Noticing()
        self._told: Source[None] = Source("events", EventReader(self._answering, self.events), SECONDS_BETWEEN)
        self.audit: LookedAt[AuditPart] = LookedAt("audit", lambda: read_audit(settings, AUDIT_RECORDS), 3.0)
        self.letters = Looks(settings)
        self.replays = Replays(settings, self.trail)
        self.releases = Releases()
        self._stop = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="sampler", daemon=True)

    def start(self) -> None:
        """Start all threads; returns at once."""
        self._picture.start()
        self.workers.start()
        self._told.start()
        self.audit.start()
        self._sampler.start()

    def stop(self) -> None:
        """Stop all threads, soon; a replay that runs ends between two transactions, and is waited for."""
        self.replays.stop()
        self._picture.stop()
        self.workers.stop()
        self._told.stop()
        self.audit.stop()
        self._stop.set()

    def sight(self) -> Sight:
        """What is known now."""
        return self._picture.sight()

    def view(self) -> PipelineView:
        """The first page, as it is now."""
        return self._picture.view()

    def _answering(self) -> list[Process]:
        return self.sight().processes.value or []

    def _sample(self) -> None:
        while not self._stop.wait(SECONDS_BETWEEN):
            self._picture.look()
            sight = self.sight()
            self.task_times.look(sight)
            self.events.add(self._noticing.look(sight), sight.now)
