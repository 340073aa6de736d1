"""What the releases of an assignment need of the servers, as calls in the background."""

from collections.abc import Callable
from logging import getLogger

import orjson

from bridge.dispatch.conversations.release import FoundLetters, WantedLetters
from bridge.dispatch.quarantine.letter_box import find_letters
from bridge.dispatch.quarantine.quarantine import QuarantineWork
from bridge.dispatch.servers.background_calls import BackgroundCalls, CallDone
from bridge.dispatch.servers.cluster import Cluster
from chat_tasks.settings import Settings

logger = getLogger(__name__)

_SECONDS = 0.5


class ReleaseCalls:
    """Looks for requests, finds letters, and ends releases in the table. From the loop's thread only.

    `letters_read` is the number of dead letters that were looked through.
    """

    def __init__(
        self,
        settings: Settings,
        cluster: Cluster,
        calls: BackgroundCalls,
        is_current: Callable[[QuarantineWork], bool],
    ) -> None:
        """`is_current` is also called by a call, to end early where nobody waits for it any more."""
        self._settings = settings
        self._cluster = cluster
        self._calls = calls
        self._is_current = is_current
        self._due = 0.0
        self.letters_read = 0

    def tick(self, work: QuarantineWork, now: float) -> None:
        """Go on with whatever can go on."""
        if now < self._due:
            return
        self._due = now + _SECONDS
        if work.has_quarantined:
            self._calls.send("requests", lambda: self._cluster.release_requests(work.log_partitions))
        if wanted := work.wanted():
            self._calls.send("letters", lambda: self._find_letters(work, wanted[0]))
        if ended := work.ended():
            self._calls.send("ended", lambda: self._cluster.end_releases(ended))

    def done(self, work: QuarantineWork, done: CallDone) -> None:
        """What came of a call of this assignment; those of others are passed over."""
        if done.name == "requests":
            work.begin_releases(done.result)
        elif done.name == "letters":
            work.take_letters(*done.result)
        elif done.name == "ended":
            for key, request in done.result.items():
                logger.info("conversation %s is released", orjson.dumps(key).decode())
                work.end(key, request)

    def _find_letters(self, work: QuarantineWork, wanted: WantedLetters) -> tuple[WantedLetters, FoundLetters]:
        def is_wanted(read: int) -> bool:
            self.letters_read += read
            return self._is_current(work)

        return wanted, find_letters(self._settings, wanted, is_wanted)
