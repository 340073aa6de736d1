"""What the releases of an assignment need of the servers, as calls in the background."""

from collections.abc import Callable
from logging import getLogger

import orjson

from bridge.dispatch.conversations.release import FoundLetters, Wanted
from bridge.dispatch.quarantine.letter_box import find_letters
from bridge.dispatch.quarantine.quarantine import QuarantineWork
from bridge.dispatch.servers.cluster import Cluster
from bridge.dispatch.servers.errands import ErrandDone, Errands
from chat_tasks.settings import Settings

logger = getLogger(__name__)

_SECONDS = 0.5


class ReleaseErrands:
    """Looks for requests, finds letters, and ends releases in the table. From the loop's thread only."""

    def __init__(
        self, settings: Settings, cluster: Cluster, errands: Errands, is_current: Callable[[QuarantineWork], bool]
    ) -> None:
        """`is_current` is also called by an errand, to end early where nobody waits for it any more."""
        self._settings = settings
        self._cluster = cluster
        self._errands = errands
        self._is_current = is_current
        self._due = 0.0
        self.letters_read = 0
        """The number of dead letters that were looked through."""

    def tick(self, work: QuarantineWork, now: float) -> None:
        """Go on with whatever can go on."""
        if now < self._due:
            return
        self._due = now + _SECONDS
        if work.has_quarantined:
            self._errands.send("requests", lambda: self._cluster.release_requests(work.log_partitions))
        if wanted := work.wanted():
            self._errands.send("letters", lambda: self._find_letters(work, wanted[0]))
        if ended := work.ended():
            self._errands.send("ended", lambda: self._cluster.end_releases(ended))

    def done(self, work: QuarantineWork, done: ErrandDone) -> None:
        """What came of an errand of this assignment; those of others are passed over."""
        if done.name == "requests":
            work.begin_releases(done.result)
        elif done.name == "letters":
            work.take_letters(*done.result)
        elif done.name == "ended":
            for key, request in done.result.items():
                logger.info("conversation %s is released", orjson.dumps(key).decode())
                work.end(key, request)

    def _find_letters(self, work: QuarantineWork, wanted: Wanted) -> tuple[Wanted, FoundLetters]:
        def is_wanted(read: int) -> bool:
            self.letters_read += read
            return self._is_current(work)

        return wanted, find_letters(self._settings, wanted, is_wanted)
