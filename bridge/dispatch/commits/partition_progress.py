"""How far one partition has come: what is finished, and what is a replay."""

from enum import Enum, auto

from bridge.dispatch.commits.commit_metadata import CommitMetadata, encode_metadata
from bridge.dispatch.commits.offset_tracker import OffsetTracker
from bridge.kafka.transaction import CommittedOffset, Partition
from chat_tasks.errors import ChatTasksError


class Delivery(Enum):
    """What a delivered record is."""

    WORK = auto()
    """To be written and published."""
    REPLAY = auto()
    """Published before; to be written again, because a Cassandra node may have forgotten it."""
    DONE = auto()
    """Published before, and safe."""


class PartitionProgress:
    """One partition during one assignment."""

    def __init__(
        self,
        partition: Partition,
        committed: int,
        metadata: CommitMetadata,
        digest: str,
    ) -> None:
        """`committed` and `metadata` are what the group holds, `digest` that of the nodes' generations today.

        Raises `ValueError` where the metadata does not belong to the offset.
        """
        self.partition = partition
        self.start = committed
        self._tracker = OffsetTracker(committed, metadata.finished)
        self._replay_end = self._tracker.high_watermark if metadata.digest != digest else None
        self.durable = metadata.durable
        """No node can forget a row of what lies before: a replay begins here."""
        self._resumed_high = self._tracker.high_watermark
        self._position = committed
        self._last_delivered = -1
        self._replaying = 0
        self._read_through = False
        self._digest = digest
        self._sent_digest = metadata.digest
        self.committed_digest = metadata.digest
        """The one that the group holds."""

    @property
    def needs_replay(self) -> bool:
        """Whether what lies before the committed offset has to be written again, and that has not ended."""
        return self._replay_end is not None

    @property
    def needs_commit(self) -> bool:
        """Whether a replay has ended and the group does not know."""
        return not self.needs_replay and not self.is_known_to_be_written

    @property
    def is_known_to_be_written(self) -> bool:
        """Whether the group knows that everything before what it holds is written under today's digest."""
        return self.committed_digest == self._digest

    @property
    def is_catching_up(self) -> bool:
        """Whether what was delivered before the commit this resumed from is still coming again."""
        return self._position < self._resumed_high

    @property
    def largest_encoding(self) -> int:
        """Bytes that the metadata's offsets may come to need."""
        return self._tracker.largest_encoding()

    def deliver(self, offset: int) -> Delivery:
        """Say what the record is; WORK must be told `finish` later, REPLAY `replayed`.

        Raises `ChatTasksError` where offsets do not ascend: the loop has to start again from what is committed, and to
        forget what it knows.
        """
        if offset <= self._last_delivered:
            raise ChatTasksError(f"Kafka: {self.partition}: offset {offset} came after {self._last_delivered}")
        self._last_delivered = offset
        self._position = max(self._position, offset + 1)
        work = self._tracker.deliver(offset)
        if self._replay_end is None:
            return Delivery.WORK if work else Delivery.DONE
        if offset >= self._replay_end - 1:
            self._read_through = True
        if not work:
            self._replaying += 1
            return Delivery.REPLAY
        self._end_replay_if_done()
        return Delivery.WORK

    def reached_end(self, offset: int) -> None:
        """There is no record between what was delivered and `offset`."""
        self._position = max(self._position, offset)
        if self._replay_end is not None and offset >= self._replay_end:
            self._read_through = True
            self._end_replay_if_done()

    def replayed(self) -> None:
        """One REPLAY is written."""
        self._replaying -= 1
        self._end_replay_if_done()

    def finish(self, *offsets: int) -> None:
        """Each of these WORKs goes into the next commit. Raises `ValueError` where one went into one before."""
        self._tracker.finish(*offsets)

    def make_durable(self, offset: int) -> None:
        """See `CommitMetadata.durable`: the next commit says so."""
        self.durable = max(self.durable, offset)

    def commit(self) -> CommittedOffset:
        """What to commit now."""
        if not self.needs_replay:
            self._sent_digest = self._digest
        return CommittedOffset(
            self.partition,
            self._tracker.committable,
            encode_metadata(CommitMetadata(self._sent_digest, self._tracker.encode(), self.durable)),
        )

    def committed(self) -> None:
        """The last commit succeeded."""
        self.committed_digest = self._sent_digest

    def _end_replay_if_done(self) -> None:
        if self._read_through and not self._replaying:
            self._replay_end = None
