"""The quarantined conversations of an assignment: from refusal to letters, and through a release."""

from collections.abc import Mapping

from bridge.dispatch.commits.outbox import Outbox
from bridge.dispatch.commits.partition_progress import PartitionProgress
from bridge.dispatch.conversations.appends import AppendWork
from bridge.dispatch.conversations.release import FoundLetters, ReleaseState, WantedLetters, portion_bounds
from bridge.kafka.transaction import Partition
from chat_tasks.conversation.routing import partition_of
from chat_tasks.settings import Settings


class QuarantineWork:
    """The quarantined conversations of one assignment; `release.py` says what a release is.

    `AssignmentState` owns the work, uses it in the loop's thread, and drops it with itself. It moves each `Release` of
    `AppendWork` from state to state, and does no I/O: `Upkeep` and `ReleaseCalls` ask the servers. Invariant: the next
    portion of a conversation's letters is looked for only after the last one and its receipt are published. Answers
    that come late are passed over. No method raises.

    `log_partitions` are the assignment's partitions of the log. `looks` counts how often letters were found not to be
    settled yet: it shows progress, because such letters only wait for time to pass.
    """

    def __init__(
        self,
        settings: Settings,
        appends: AppendWork,
        outbox: Outbox,
        progress: Mapping[tuple[str, int], PartitionProgress],
    ) -> None:
        self._settings = settings
        self._progress = progress
        self.log_partitions = list(appends.heads)
        self._topics = settings.output_topic, settings.dead_letter_topic
        self._appends = appends
        self._outbox = outbox
        self.looks = 0

    @property
    def has_quarantined(self) -> bool:
        """Whether there is a conversation whose release an operator may request."""
        return bool(self._appends.quarantined)

    def quarantined(self, conversation_key: str, reason: str) -> None:
        """Make letters of the conversation's records: it is durably quarantined."""
        self._outbox.take(self._appends.quarantine(conversation_key, reason))

    def begin_releases(self, requests: Mapping[str, int]) -> None:
        """Begin the requested releases, each with its request's time.

        Conversations that are not quarantined are passed over.
        """
        for key, request in requests.items():
            self._appends.begin_release(key, request)

    def wanted(self) -> list[WantedLetters]:
        """The letters to look for now: not while some of the conversation are yet to be published or receipted.

        Nor while much of other conversations is written or settles. Such letters do not count as in flight: if they
        did, a node that is away would keep them from settling, and thereby stop all other conversations.
        """
        releases = self._appends.releases
        for key, release in releases.items():
            if release.state is ReleaseState.PUBLISHING and not release.is_complete and self._is_published(key):
                release.state = ReleaseState.LOADING
            self._write_if_due(key)
        # Letters that are pending wait for replays, which wait until those of other releases are told from letters.
        portions = [record for release in releases.values() if not release.is_pending for record in release.portion]
        most_records, most_bytes = portion_bounds(self._settings)
        if len(portions) > most_records or sum(len(record.value) for record in portions) > most_bytes:
            return []
        return [
            WantedLetters(key, self._appends.log_id, release.request, release.loaded)
            for key, release in releases.items()
            if release.state is ReleaseState.LOADING and self._is_published(key)
        ]

    def take_letters(self, wanted: WantedLetters, found: FoundLetters) -> None:
        """Take the found letters; they are ignored if they are not wanted any more."""
        release = self._appends.releases.get(wanted.conversation_key)
        if release is None or release.state is not ReleaseState.LOADING:
            return
        if (release.request, release.loaded) == (wanted.release, wanted.after):
            self._outbox.take(self._appends.take_letters(wanted.conversation_key, found))
            self._write_if_due(wanted.conversation_key)

    def publish_settled(self, before: float) -> None:
        """Publish the letters whose rows no node can forget, given the time before which what was written is safe."""
        for release in self._appends.releases.values():
            self._outbox.extend(release.settled(before))
            self.looks += release.state is ReleaseState.SETTLING

    def relieve(self, partition: Partition) -> None:
        """Make letters of what releases hold of a paused partition, so that it can go on."""
        self._outbox.take(self._appends.relieve(partition.number))

    def ended(self) -> dict[str, int]:
        """The conversations all of whose letters are published, each with its request."""
        return {
            key: release.request
            for key, release in self._appends.releases.items()
            if release.state is ReleaseState.PUBLISHING and release.is_complete and self._is_published(key)
        }

    def end(self, conversation_key: str, request: int) -> None:
        """Go on with the conversation's newer records: its row is deleted from the table."""
        if self.ended().get(conversation_key) == request:
            self._appends.end_release(conversation_key)

    def _is_published(self, conversation_key: str) -> bool:
        """Whether none of the conversation's messages, letters and receipts waits to be published."""
        key = conversation_key.encode()
        return not any(output.key == key and output.topic in self._topics for output in self._outbox.unpublished())

    def _write_if_due(self, conversation_key: str) -> None:
        number = partition_of(conversation_key.encode(), self._settings.log_partitions)
        if self._progress[Partition(self._settings.log_topic, number)].has_all_replays:
            self._appends.write_letters(conversation_key)
