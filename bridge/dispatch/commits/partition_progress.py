"""How far one partition has come: which of its offsets are finished, and what a delivered record is."""

from enum import Enum, auto

from bridge.dispatch.commits.commit_metadata import CommitMetadata, encode_metadata
from bridge.dispatch.commits.offset_tracker import OffsetTracker
from bridge.dispatch.commits.replay import PartitionState, Replay
from bridge.kafka.transaction import CommittedOffset, Partition
from chat_tasks.errors import ChatTasksError


class Delivery(Enum):
    """The meaning of a delivered record; only `PartitionProgress` decides it.

    - WORK: the record has to be written and published.
    - REPLAY: the record was published before, and has to be written again, because a Cassandra node may have forgotten
      it.
    - DONE: the record was published before, and its row is safe.
    """

    WORK = auto()
    REPLAY = auto()
    DONE = auto()


class PartitionProgress:
    """The offsets and the replay of one partition during one assignment.

    `AssignmentState` owns the progress, uses it in the loop's thread, and drops it with itself. Invariants: each offset
    is delivered once, and each WORK is finished once, since finishing twice would be publishing twice. No node can
    forget a row of a record below the offset `durable`, where a replay begins. Offsets that do not ascend raise
    `ChatTasksError`, and finishing an offset twice raises `ValueError`.
    """

    def __init__(self, partition: Partition, committed: int, metadata: CommitMetadata, digest: str) -> None:
        """Resume from a commit. Raises `ValueError` if its metadata does not belong to its offset.

        `committed` and `metadata` are what the group holds, `digest` that of the nodes' generations today.
        """
        self.partition = partition
        self._tracker = OffsetTracker(committed, metadata.finished)
        self._resumed_high = self._tracker.high_watermark
        self._replay = Replay(self._resumed_high, metadata.digest, digest)
        self.durable = metadata.durable
        self._position = committed
        self._has_passed = False
        self._last_delivered = -1

    @property
    def state(self) -> PartitionState:
        """The state of the partition's replay."""
        return self._replay.state

    @property
    def has_all_replays(self) -> bool:
        """Whether no record will be delivered any more that is a REPLAY."""
        return self._replay.is_read

    @property
    def is_catching_up(self) -> bool:
        """Whether records that were delivered before the commit are still being delivered again."""
        return self._position < self._resumed_high

    @property
    def is_behind_its_end(self) -> bool:
        """Whether a commit would move the offset behind what holds no record: markers of transactions, aborted records.

        Only then `commit` is worth a transaction without outputs.
        """
        return self._has_passed and self._tracker.committable == self._tracker.high_watermark

    def unfinished(self) -> tuple[int, int]:
        """The number of offsets that are not finished, and the lowest offset that may be among them."""
        return self._tracker.count(), self._tracker.committable

    @property
    def largest_encoding(self) -> int:
        """The most bytes that the offsets in the metadata may come to need."""
        return self._tracker.largest_encoding()

    def deliver(self, offset: int) -> Delivery:
        """What the record is. A WORK must be told to `finish` later, a REPLAY to `replayed`.

        Raises `ChatTasksError` if offsets do not ascend: the loop then has to drop its state, and to start again from
        what is committed.
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

    def pass_over(self, first: int, end: int) -> list[int]:
        """The WORKs to `finish` in the place of records from `first` to before `end`, which are never delivered.

        None of them if an earlier commit has all finished. Otherwise also those that were delivered before that commit
        and are unfinished. Raises `ChatTasksError` if offsets do not ascend.
        """
        # What this assignment was given is being worked on, and finishes by itself.
        first = max(first, self._last_delivered + 1)
        self.deliver(end - 1)
        return self._tracker.unfinished(first, end)

    def reached_end(self, offset: int) -> None:
        """Take note that no record lies between the last delivered one and `offset`."""
        self._position = max(self._position, offset)
        self._has_passed |= self._tracker.pass_to(offset)
        self._replay.read_to(offset)

    def replayed(self) -> None:
        """Take note that one REPLAY is written."""
        self._replay.written()

    def finish(self, *offsets: int) -> None:
        """Put these WORKs into the next commit. Raises `ValueError` if one of them is in an earlier commit."""
        self._tracker.finish(*offsets)

    def make_durable(self, offset: int) -> None:
        """Raise the offset `durable`, which the next commit carries."""
        self.durable = max(self.durable, offset)

    def commit(self) -> CommittedOffset:
        """The offset and metadata to commit now."""
        self._has_passed = False
        metadata = CommitMetadata(self._replay.digest_to_commit(), self._tracker.encode(), self.durable)
        return CommittedOffset(self.partition, self._tracker.committable, encode_metadata(metadata))

    def committed(self) -> None:
        """Take note that the last commit succeeded."""
        self._replay.committed()
