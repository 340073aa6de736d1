"""Holds finished records until a transaction publishes their outputs and commits their offsets."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from bridge.dispatch.commits.partition_progress import PartitionProgress
from bridge.dispatch.commits.replay import PartitionState
from bridge.dispatch.work import Finished, Outcome
from bridge.kafka.transaction import (
    LARGEST_METADATA,
    LARGEST_TRANSACTION,
    OUTPUTS_PER_TRANSACTION,
    CommittedOffset,
    Output,
    Partition,
    Transaction,
)
from chat_tasks.errors import ChatTasksError


class Outbox:
    """The results of one assignment, in the order in which they came.

    `AssignmentState` owns the outbox, uses it in the loop's thread, and drops it with itself; `QuarantineWork` adds
    letters to it. Invariants: the outputs of one `Finished` and its offsets are in one transaction; and at most one
    transaction is under way. So a conversation's outputs are published in the order in which they were added. Results
    that are not committed are dropped, and their records are delivered again. Raises `ChatTasksError` if a commit's
    metadata would be too long.

    `outputs` and `bytes` count what waits for a transaction; the bytes are those of the values.
    """

    def __init__(self, log_topic: str, progress: Mapping[tuple[str, int], PartitionProgress]) -> None:
        self._log_topic = log_topic
        self._progress = progress
        self.replayed_count = 0
        self.outputs = 0
        self.bytes = 0
        self._waiting: deque[tuple[Finished, int]] = deque()
        self._publishing: list[Output] = []
        self._in_transaction: list[Finished] = []

    def __bool__(self) -> bool:
        """Whether a result waits for a transaction."""
        return bool(self._waiting)

    def extend(self, finished: Iterable[Finished]) -> None:
        """Add results that are ready to be published."""
        for one in finished:
            size = sum(len(output.value or b"") for output in one.outputs)
            self.outputs += len(one.outputs)
            self.bytes += size
            self._waiting.append((one, size))

    def take(self, outcome: Outcome) -> None:
        """Add the outcome of records of the log: some are ready to be published, others were only replayed."""
        self.extend(outcome.finished)
        self.replayed_count += len(outcome.replayed)
        for record in outcome.replayed:
            self._progress[Partition(self._log_topic, record.partition)].replayed()

    def unpublished(self) -> Iterator[Output]:
        """All outputs that are not known to be published, those of the transaction under way first."""
        return chain(self._publishing, *(finished.outputs for finished, _ in self._waiting))

    def next_transaction(self, most_bytes: int = LARGEST_TRANSACTION) -> Transaction | None:
        """Publish and commit what is finished; None if there is nothing to publish or to commit.

        The result that reaches `most_bytes` is the last one of the transaction.

        Must not be called before the last transaction is `committed`. After a failed transaction a new outbox begins
        from what the group holds.

        Raises `ChatTasksError` if the offsets that finished out of order do not fit into a commit.
        """
        if self._publishing:
            raise AssertionError("a transaction follows one that was not committed")
        outputs: list[Output] = []
        receipts: dict[bytes | None, Output] = {}
        changed = {one.partition: one for one in self._progress.values() if one.state is PartitionState.REPLAYED}
        before = self.bytes
        while self._waiting and len(outputs) < OUTPUTS_PER_TRANSACTION and before - self.bytes < most_bytes:
            finished, size = self._waiting.popleft()
            self.outputs -= len(finished.outputs)
            self.bytes -= size
            self._in_transaction.append(finished)
            progress = self._progress[finished.partition]
            changed[finished.partition] = progress
            outputs.extend(finished.outputs)
            if finished.receipt is None:
                progress.finish(*finished.offsets)
            else:
                receipts[finished.receipt.key] = finished.receipt
        if not changed:
            return None
        outputs.extend(receipts.values())
        offsets = [*(progress.commit() for progress in changed.values()), *self.at_rest()]
        for offset in offsets:
            # `FlowControl` leaves room for every record in memory. If it fails, starting again helps, since that
            # empties the memory.
            if len(offset.metadata) > LARGEST_METADATA:
                raise ChatTasksError(f"{len(offset.metadata)} characters of metadata for {offset.partition}")
        self._publishing = outputs
        return Transaction(outputs, offsets, before - self.bytes)

    def at_rest(self) -> list[CommittedOffset]:
        """The commits of all partitions of which only markers of transactions and aborted records are left to commit.

        Such a commit goes with the next transaction; it is not worth a transaction of its own.
        """
        return [progress.commit() for progress in self._progress.values() if progress.is_behind_its_end]

    def committed(self) -> list[Finished]:
        """Take note that the transaction under way is committed; returns what is published by it."""
        published, self._in_transaction, self._publishing = self._in_transaction, [], []
        return published
