"""How far one partition has come: which offsets are finished, and what a delivered record is."""

from enum import Enum, auto

from bridge.dispatch.commits.commit_metadata import CommitMetadata, encode_metadata
from bridge.dispatch.commits.offset_tracker import OffsetTracker
from bridge.dispatch.commits.replay import PartitionState, Replay
from bridge.kafka.transaction import CommittedOffset, Partition
from chat_tasks.errors import ChatTasksError


class Delivery(Enum):
    """What a delivered record is. Nobody else decides that.

    - WORK: to be written and published.
    - REPLAY: published before; to be written again, because a Cassandra node may have forgotten it.
    - DONE: published before, and safe.
    """

    WORK = auto()
    REPLAY = auto()
    DONE = auto()


class PartitionProgress:
    """The offsets and the replay of one partition during one assignment.

    Owned by the `AssignmentState`, in the loop's thread, and dropped with it. Each offset is delivered once, and each
    WORK is finished once: finishing twice would be publishing twice. No node can forget a row of what lies before the
    offset `durable`: a replay begins there.
    """

    def __init__(self, partition: Partition, committed: int, metadata: CommitMetadata, digest: str) -> None:
        """`committed` and `metadata` are what the group holds, `digest` that of the nodes' generations today.

        Raises `ValueError` if the metadata does not belong to the offset.
        """
        self.partition = partition
        self._tracker = OffsetTracker(committed, metadata.finished)
        self._resumed_high = self._tracker.high_watermark
        self._replay = Replay(self._resumed_high, metadata.digest, digest)
        self.durable = metadata.durable
        self._position = committed
        self._last_delivered = -1

    @property
    def state(self) -> PartitionState:
        """Where it is on its way through a replay."""
        return self._replay.state

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

        Raises `ChatTasksError` if offsets do not ascend: the loop has to start again from what is committed, and to
        forget what it knows.
        """
        if offset <= self._last_delivered:
            raise ChatTasksError(f"Kafka: {self.partition}: offset {offset} came after {self._last_delivered}")
        self._last_delivered = offset
        self._position = max(self._position, offset + 1)
        is_work = self._tracker.deliver(offset)
        if not self._replay.is_under_way:
            return Delivery.WORK if is_work else Delivery.DONE
        if not is_work:
            self._replay.delivered()
        self._replay.read_to(offset + 1)
        return Delivery.WORK if is_work else Delivery.REPLAY

    def reached_end(self, offset: int) -> None:
        """There is no record between what was delivered and `offset`."""
        self._position = max(self._position, offset)
        self._replay.read_to(offset)

    def replayed(self) -> None:
        """One REPLAY is written."""
        self._replay.written()

    def finish(self, *offsets: int) -> None:
        """Each of these WORKs goes into the next commit. Raises `ValueError` if one went into one before."""
        self._tracker.finish(*offsets)

    def make_durable(self, offset: int) -> None:
        """See `CommitMetadata.durable`: the next commit says so."""
        self.durable = max(self.durable, offset)

    def commit(self) -> CommittedOffset:
        """What to commit now."""
        metadata = CommitMetadata(self._replay.digest_to_commit(), self._tracker.encode(), self.durable)
        return CommittedOffset(self.partition, self._tracker.committable, encode_metadata(metadata))

    def committed(self) -> None:
        """The last commit succeeded."""
        self._replay.committed()
