"""Conversations on their way into quarantine and back."""

from collections.abc import Mapping

from bridge.dispatch.append_work import AppendWork
from bridge.dispatch.letters import FoundLetters, Wanted
from bridge.dispatch.outbox import Outbox
from bridge.dispatch.partition_progress import PartitionProgress
from bridge.transaction import Partition
from chat_tasks.routing import partition_of
from chat_tasks.settings import Settings


class QuarantineWork:
    """Those of one assignment: `release.py` says what a release is.

    One that has not found all its letters counts as a replay of its partition, so no node's rows pass for written again
    before they are.
    """

    def __init__(
        self,
        settings: Settings,
        appends: AppendWork,
        outbox: Outbox,
        progress: Mapping[tuple[str, int], PartitionProgress],
    ) -> None:
        self._settings = settings
        self._appends = appends
        self._outbox = outbox
        self._progress = progress
        for key in appends.releases:
            self._progress_of(key).await_replays(1)

    def add(self, conversation_key: str, reason: str) -> None:
        """The conversation is durably quarantined."""
        release = self._appends.releases.get(conversation_key)
        self._outbox.take(self._appends.quarantine(conversation_key, reason))
        if release is not None and not release.complete:
            self._progress_of(conversation_key).replayed()

    def begin_releases(self, requests: Mapping[str, int]) -> None:
        """Somebody asks for these conversations, each at its time; those that are not quarantined are passed over."""
        for key, request in requests.items():
            if self._appends.begin_release(key, request):
                self._progress_of(key).await_replays(1)

    def advance_releases(self, now: float) -> list[Wanted]:
        """End those whose letters are all published; returns the letters that are wanted now."""
        wanted: list[Wanted] = []
        for key, release in self._appends.releases.items():
            # A letter that is not published yet cannot be found, and one that is not receipted would be found again.
            if not release.holds or release.unwritten or not self._is_settled(key):
                continue
            if release.complete:
                self._appends.end_release(key, now)
            else:
                wanted.append(Wanted(key, release.request, release.loaded))
        return wanted

    def take_letters(self, wanted: Wanted, found: FoundLetters) -> None:
        """What was found of the letters that were wanted; ignored where they are not any more."""
        key = wanted.conversation_key
        release = self._appends.releases.get(key)
        if release is None or (release.request, release.loaded, release.complete) != (
            wanted.release,
            wanted.after,
            False,
        ):
            return
        progress = self._progress_of(key)
        progress.await_replays(sum(record.replay for record in found.records))
        self._outbox.take(self._appends.take_letters(key, found))
        if found.complete:
            progress.replayed()

    def _is_settled(self, conversation_key: str) -> bool:
        """Whether none of its messages and letters waits to be published."""
        key, topics = conversation_key.encode(), (self._settings.output_topic, self._settings.dead_letter_topic)
        return not any(output.key == key and output.topic in topics for output in self._outbox.unpublished())

    def _progress_of(self, conversation_key: str) -> PartitionProgress:
        number = partition_of(conversation_key.encode(), self._settings.log_partitions)
        return self._progress[Partition(self._settings.log_topic, number)]
