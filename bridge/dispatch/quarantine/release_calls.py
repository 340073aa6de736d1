"""The calls to servers that the releases of an assignment need, sent to the background."""

from collections.abc import Callable, Mapping
from functools import partial
from logging import getLogger

from bridge.dispatch.conversations.release import FoundLetters, WantedLetters
from bridge.dispatch.quarantine.letter_box import find_letters
from bridge.dispatch.quarantine.quarantine import QuarantineWork
from bridge.dispatch.servers.background_calls import BackgroundCalls
from bridge.dispatch.servers.cluster import Cluster
from chat_tasks.log.shown_key import shown_key
from chat_tasks.settings import Settings

logger = getLogger(__name__)

_SECONDS = 0.5


class ReleaseCalls:
    """Looks for requested releases, finds letters, and ends releases in the table of quarantined conversations.

    `Upkeep` owns the calls, uses them in the loop's thread, and drops them with itself. The calls themselves run in
    threads of `BackgroundCalls`; such a thread counts `letters_read` and calls `is_current`. Invariant: at most one
    call of each kind is under way, and one conversation's letters are looked for at a time. `BackgroundCalls` passes
    over the result for an earlier assignment. `Upkeep.done` gets the error of a failed call, which is sent again half a
    second later.

    `letters_read` is the number of dead letters that were looked through.
    """

    def __init__(
        self,
        settings: Settings,
        cluster: Cluster,
        calls: BackgroundCalls,
        is_current: Callable[[QuarantineWork], bool],
    ) -> None:
        """Make the calls; `is_current` says whether the work is that of the running assignment.

        A call in the background asks `is_current` too, to end early if its result has no use any more.
        """
        self._settings = settings
        self._cluster = cluster
        self._calls = calls
        self._is_current = is_current
        self._due = 0.0
        self.letters_read = 0

    def tick(self, work: QuarantineWork, now: float) -> None:
        """Send the calls that are due."""
        if now < self._due:
            return
        self._due = now + _SECONDS
        if work.has_quarantined:
            requests = partial(self._cluster.release_requests, work.log_partitions)
            self._calls.send("requests", requests, work.begin_releases)
        if wanted := work.wanted():
            self._calls.send(
                "letters", partial(self._find_letters, work, wanted[0]), partial(work.take_letters, wanted[0])
            )
        if ended := work.ended():
            self._calls.send("ended", partial(self._cluster.end_releases, ended), lambda _: self._end(work, ended))

    def _find_letters(self, work: QuarantineWork, wanted: WantedLetters) -> FoundLetters:
        def is_wanted(read: int) -> bool:
            self.letters_read += read
            return self._is_current(work)

        return find_letters(self._settings, wanted, is_wanted)

    def _end(self, work: QuarantineWork, ended: Mapping[str, int]) -> None:
        for key, request in ended.items():
            conversation = shown_key(key, self._settings)
            logger.info(
                "conversation %s is released",
                conversation,
                extra={"event": "conversation_released", "conversation": conversation},
            )
            work.end(key, request)
