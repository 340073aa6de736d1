"""Conversations on their way into quarantine and back."""

from collections.abc import Mapping, Sequence

from bridge.dispatch.commits.outbox import Outbox
from bridge.dispatch.conversations.appends import AppendWork
from bridge.dispatch.conversations.release import FoundLetters, ReleaseState, WantedLetters
from chat_tasks.settings import Settings


class QuarantineWork:
    """The quarantined conversations of one assignment, in the loop's thread: `release.py` says what a release is.

    `log_partitions` are those of the log that are ours. `looks` counts how often letters were found not to be settled
    yet: time passes, which is all that they wait for.
    """

    def __init__(self, settings: Settings, appends: AppendWork, outbox: Outbox, log_partitions: Sequence[int]) -> None:
        self.log_partitions = log_partitions
        self._topics = settings.output_topic, settings.dead_letter_topic
        self._appends = appends
        self._outbox = outbox
        self.looks = 0

    @property
    def has_quarantined(self) -> bool:
        """Whether there is a conversation that somebody may want to have released."""
        return bool(self._appends.quarantined)

    def quarantined(self, conversation_key: str, reason: str) -> None:
        """The conversation is durably quarantined."""
        self._outbox.take(self._appends.quarantine(conversation_key, reason))

    def begin_releases(self, requests: Mapping[str, int]) -> None:
        """Somebody asks for these conversations, each at its time; those that are not quarantined are passed over."""
        for key, request in requests.items():
            self._appends.begin_release(key, request)

    def wanted(self) -> list[WantedLetters]:
        """The letters to look for now: not while some of the conversation are yet to be published or receipted."""
        releases = self._appends.releases
        for key, release in releases.items():
            if release.state is ReleaseState.PUBLISHING and not release.is_complete and self._is_published(key):
                release.state = ReleaseState.LOADING
        return [
            WantedLetters(key, release.request, release.loaded)
            for key, release in releases.items()
            if release.state is ReleaseState.LOADING and self._is_published(key)
        ]

    def take_letters(self, wanted: WantedLetters, found: FoundLetters) -> None:
        """What was found of the letters that were wanted; ignored if they are not any more."""
        release = self._appends.releases.get(wanted.conversation_key)
        if release is None or release.state is not ReleaseState.LOADING:
            return
        if (release.request, release.loaded) == (wanted.release, wanted.after):
            self._outbox.take(self._appends.take_letters(wanted.conversation_key, found))

    def publish_settled(self, before: float) -> None:
        """Publish the letters whose rows no node can forget, given the time before which what was written is safe."""
        for release in self._appends.releases.values():
            self._outbox.extend(release.settled(before))
            self.looks += release.state is ReleaseState.SETTLING

    def ended(self) -> dict[str, int]:
        """The conversations all of whose letters are published, each with its request."""
        return {
            key: release.request
            for key, release in self._appends.releases.items()
            if release.state is ReleaseState.PUBLISHING and release.is_complete and self._is_published(key)
        }

    def end(self, conversation_key: str, request: int) -> None:
        """The table says nothing of the conversation any more: go on with its newer records."""
        if self.ended().get(conversation_key) == request:
            self._appends.end_release(conversation_key)

    def _is_published(self, conversation_key: str) -> bool:
        """Whether none of its messages and letters waits to be published."""
        key = conversation_key.encode()
        return not any(output.key == key and output.topic in self._topics for output in self._outbox.unpublished())
