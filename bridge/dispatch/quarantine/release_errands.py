"""What the releases of an assignment need of the servers, as errands."""

from collections.abc import Callable
from logging import getLogger

import orjson

from bridge.dispatch.assignment import AssignmentWork
from bridge.dispatch.conversations.release import FoundLetters, Wanted
from bridge.dispatch.servers.cluster import Cluster
from bridge.dispatch.servers.errands import ErrandDone, Errands

logger = getLogger(__name__)

_SECONDS = 0.5


class Releasing:
    """Looks for requests, finds letters, and ends releases in the table. From the loop's thread only."""

    def __init__(self, cluster: Cluster, errands: Errands, is_current: Callable[[AssignmentWork], bool]) -> None:
        """`is_current` is also called by an errand, to end early where nobody waits for it any more."""
        self._cluster = cluster
        self._errands = errands
        self._is_current = is_current
        self._due = 0.0

    def tick(self, work: AssignmentWork, now: float) -> None:
        """Go on with whatever can go on."""
        if now < self._due:
            return
        self._due = now + _SECONDS
        if work.appends.quarantined:
            self._errands.send("requests", lambda: self._cluster.release_requests(work.log_partitions))
        if wanted := work.quarantine.wanted():
            self._errands.send("letters", lambda: self._find_letters(work, wanted[0]))
        if ended := work.quarantine.ended():
            self._errands.send("ended", lambda: self._cluster.end_releases(ended))

    def done(self, work: AssignmentWork, done: ErrandDone) -> None:
        """What came of an errand of this assignment; those of others are passed over."""
        if done.name == "requests":
            work.quarantine.begin_releases(done.result)
        elif done.name == "letters":
            work.quarantine.take_letters(*done.result)
        elif done.name == "ended":
            for key, request in done.result.items():
                logger.info("conversation %s is released", orjson.dumps(key).decode())
                work.quarantine.end(key, request)

    def _find_letters(self, work: AssignmentWork, wanted: Wanted) -> tuple[Wanted, FoundLetters]:
        return wanted, self._cluster.letters(wanted, lambda: self._is_current(work))
