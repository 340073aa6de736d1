"""Everything dispatch holds for one assignment, without I/O: from delivered records to transactions."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.dispatch.commits.checkpoints import Era
from bridge.dispatch.commits.commit_metadata import decode_metadata, digest_of
from bridge.dispatch.commits.outbox import Outbox
from bridge.dispatch.commits.partition_progress import Delivery, PartitionProgress
from bridge.dispatch.commits.replay import PartitionState
from bridge.dispatch.conversations.appends import AppendWork
from bridge.dispatch.conversations.latest import LatestWork
from bridge.dispatch.flow_control import FlowControl
from bridge.dispatch.foreign_records import ForeignRecords
from bridge.dispatch.heads.partition_heads import PartitionHeads
from bridge.dispatch.intake import read_log_record, read_request
from bridge.dispatch.process_state import ProcessState
from bridge.dispatch.quarantine.quarantine import QuarantineWork
from bridge.dispatch.scheduling.scheduler import Scheduler
from bridge.dispatch.servers.facts import AssignmentFacts
from bridge.dispatch.unread_partitions import UnreadPartitions
from bridge.dispatch.work import Finished, OutgoingTask, TaskKind
from bridge.kafka.assignment import Assignment, Committed
from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.transaction import LARGEST_TRANSACTION, CommittedOffset, Partition, Transaction
from bridge.records.dead_letters import dead_letter_of_unreadable
from chat_tasks.errors import ConfigurationError, ForeignRecord
from chat_tasks.formats.tasks import Reply
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)


class AssignmentState:
    """The partitions of one assignment, and all of their records and requests that are not finished.

    The `Dispatch` handler makes the state when an assignment begins, uses it in the loop's thread, and drops it whole
    when the assignment ends: what was not committed is delivered again. The state does no I/O. What it leaves to the
    process's next assignment is in `ProcessState`. Invariant: each record that is delivered and unfinished is in
    exactly one place: a scheduler, a release, or the outbox. Offsets that do not ascend raise `ChatTasksError`, which
    ends the loop.

    `start` are the offsets to read from. `replaying` is the number of offsets between them and the committed offsets,
    which are going to be replayed.
    """

    def __init__(
        self,
        settings: Settings,
        assignment: Assignment,
        facts: AssignmentFacts,
        process_state: ProcessState,
    ) -> None:
        """Begin an assignment. Raises `ConfigurationError` if a commit's metadata cannot be understood."""
        self._settings = settings
        self._process_state = process_state
        self.facts = facts
        self.reply_to = f"{settings.redis_prefix}:replies:{settings.instance_name}:{assignment.epoch}"
        self._era = Era(facts.log_id, digest_of(facts.generations))
        self._progress: dict[tuple[str, int], PartitionProgress] = {
            partition: self._progress_of(partition, committed.offset, committed.metadata)
            for partition, committed in assignment.partitions.items()
        }
        self._receiving = dict(self._progress)
        self.unread = UnreadPartitions()
        self._commits = {
            partition: committed.commit(partition) for partition, committed in assignment.partitions.items()
        }
        self._heads = {
            partition: self._heads_of(partition) for partition in self._commits if partition.topic == settings.log_topic
        }
        # The kept heads belong to this assignment now, which changes them: no other assignment may begin with them.
        process_state.kept_heads = {}
        self.start = {
            partition: self._start_of(partition, committed) for partition, committed in assignment.partitions.items()
        }
        self.replaying = sum(
            committed.offset - self.start[partition] for partition, committed in assignment.partitions.items()
        )
        self.appends = AppendWork(
            settings,
            facts,
            epoch=assignment.epoch,
            reply_to=self.reply_to,
            heads={one.number: heads for one, heads in self._heads.items()},
        )
        self.latest = LatestWork(settings, facts, epoch=assignment.epoch, reply_to=self.reply_to)
        self._schedulers: Mapping[TaskKind, Scheduler[Any]] = {
            **self.appends.schedulers,
            TaskKind.LATEST: self.latest.scheduler,
        }
        self._outbox = Outbox(settings.log_topic, self._progress)
        self.quarantine = QuarantineWork(settings, self.appends, self._outbox, self._progress)
        self._room = FlowControl(settings)
        self.foreign = ForeignRecords(settings)

    @property
    def replayed_count(self) -> int:
        """The number of replays that are written."""
        return self._outbox.replayed_count

    def _start_of(self, partition: Partition, committed: Committed) -> int:
        offset = committed.offset
        if self._progress[partition].state is PartitionState.REPLAYING:
            offset = min(offset, max(committed.low, self._progress[partition].durable))
        return offset

    def _progress_of(self, partition: Partition, offset: int, metadata: str) -> PartitionProgress:
        digest = self._era.digest if partition.topic == self._settings.log_topic else ""
        try:
            return PartitionProgress(partition, offset, decode_metadata(metadata), digest)
        except ValueError as error:
            raise ConfigurationError(f"the committed metadata of {partition} is broken: {error}") from error

    def _heads_of(self, partition: Partition) -> PartitionHeads:
        kept = self._process_state.kept_heads.get((self.facts.log_id, self._commits[partition]))
        heads = kept or PartitionHeads(self._settings.heads_in_memory // self._settings.log_partitions)
        heads.begin(replay=self._progress[partition].state is PartitionState.REPLAYING)
        return heads

    def hand_over(self) -> None:
        """Leave the heads of everything committed to the next assignment. This assignment must end now."""
        topic = self._settings.output_topic
        unpublished = Counter(output.key for output in self._outbox.unpublished() if output.topic == topic)
        for key, numbers in unpublished.items():
            if key is not None:
                self.appends.take_back(key.decode(), numbers)
        self._process_state.kept_heads = {
            (self.facts.log_id, self._commits[partition]): heads for partition, heads in self._heads.items()
        }

    def receive(self, messages: Sequence[Any]) -> None:
        """Take delivered messages. Messages of partitions that were revoked, or stay unread, are passed over."""
        log_topic = self._settings.log_topic
        for message in messages:
            topic = message.topic()
            progress = self._receiving.get((topic, message.partition()))
            if progress is None:
                continue
            delivery = progress.deliver(message.offset())
            if delivery is Delivery.DONE:
                continue
            if topic == log_topic:
                self._receive_record(message, replay=delivery is Delivery.REPLAY)
            else:
                self._receive_request(message)

    def pass_over(self, records: UnreadableRecords) -> None:
        """Publish one dead letter in the place of requests that cannot be read.

        If they are records of the log, their partition stays unread: without them numbers would be given twice.
        """
        partition = records.partition
        if (progress := self._receiving.get(partition)) is None:
            return
        if partition.topic == self._settings.log_topic:
            # A replay that has come as far as this is read: without that, requests would wait for it, all of them.
            progress.reached_end(records.first)
            self.unread.add(records)
            del self._receiving[partition]
        elif offsets := progress.pass_over(records.first, records.end):
            logger.error("passed over: %s", records)
            letter = dead_letter_of_unreadable(records, self._settings)
            self._outbox.extend([Finished(partition, offsets, (letter,))])

    def end_reached(self, partition: Partition, offset: int) -> None:
        """Take note that every record of the partition before `offset` was delivered."""
        if (progress := self._receiving.get(partition)) is not None:
            progress.reached_end(offset)

    def plan(self, now: float, tasks: int, *, published: Sequence[int] | None) -> Iterator[OutgoingTask]:
        """The tasks to send now, with at most `tasks` in flight of each kind.

        Every record of the log before its partition's offset in `published` is published. While it is None no requests
        are served.
        """
        yield from self.appends.plan(now, tasks)
        if published is not None:
            yield from self.latest.plan(now, tasks, published)

    def next_plan_at(self, now: float) -> float | None:
        """The time at which the next backoff ends, or the next probe may be sent; None if nothing waits for either."""
        times = [at for scheduler in self._schedulers.values() if (at := scheduler.next_plan_at(now)) is not None]
        return min(times, default=None)

    def take_reply(self, task: OutgoingTask, reply: Reply, now: float) -> Mapping[str, str]:
        """Take a worker's answer to a task; returns the conversations to quarantine, each with its reason.

        Raises `ValueError` if the reply does not fit the task.
        """
        if task.kind is TaskKind.LATEST:
            outcome = self.latest.take_reply(task.number, reply, now)
        else:
            outcome = self.appends.take_reply(task, reply, now)
        if outcome is None:
            return {}
        self._outbox.take(outcome)
        for reason, count in outcome.retries.items():
            logger.debug("%d conversations are tried again: %s", count, reason)
        return outcome.refused

    def lost(self, task: OutgoingTask) -> bool:
        """Make the task's records ready again; returns False if the task is not in flight."""
        return self._schedulers[task.kind].lost(task.number)

    def lose_all(self) -> int:
        """Make the records of every task in flight ready again; returns the number of these tasks."""
        return sum(scheduler.lose_all() for scheduler in self._schedulers.values())

    def next_transaction(self, most_bytes: int = LARGEST_TRANSACTION) -> Transaction | None:
        """Publish and commit what is finished; None if there is nothing to publish or to commit."""
        return self._outbox.next_transaction(most_bytes)

    def at_rest(self) -> Sequence[CommittedOffset]:
        """What a transaction that is due anyway may commit while nothing is finished."""
        return self._outbox.at_rest()

    def committed(self, transaction: Transaction, now: float) -> None:
        """Take note that the transaction is committed."""
        self._outbox.committed()
        if any(commit.partition.topic == self._settings.request_topic for commit in transaction.offsets):
            block_topic = self._settings.block_topic
            self.latest.published(sum(len(one.value or b"") for one in transaction.outputs if one.topic == block_topic))
        for commit in transaction.offsets:
            partition = commit.partition
            self._commits[partition] = commit
            progress = self._progress[partition]
            progress.committed()
            if partition.topic == self._settings.log_topic and progress.state is PartitionState.RUNNING:
                self._process_state.checkpoints.committed(partition, commit.offset, self._era, now)
                self._heads[partition].replay_ended()

    def purgeable(self, before: float) -> Mapping[Partition, int]:
        """The new offsets up to which the log may be purged: commits made before the time `before` are safe.

        The next commits call these offsets durable.
        """
        at_rest = [
            progress.partition for progress in self._progress.values() if progress.state is not PartitionState.REPLAYING
        ]
        found = self._process_state.checkpoints.purgeable(at_rest, self._era, before)
        # An operator may have set the group back meanwhile.
        purgeable = {partition: min(offset, self._commits[partition].offset) for partition, offset in found.items()}
        for partition, offset in purgeable.items():
            self._progress[partition].make_durable(offset)
        return purgeable

    def full(self) -> set[Partition]:
        """The partitions that are to deliver no more for now. What releases hold of them becomes letters."""
        full = self._room.full(self._progress.values(), self.appends, self.latest, self._outbox)
        for partition in full & self._heads.keys():
            self.quarantine.relieve(partition)
        return full | self.unread.partitions

    @property
    def outstanding(self) -> int:
        """The number of tasks sent and not yet answered."""
        return sum(len(scheduler.outstanding) for scheduler in self._schedulers.values())

    def has_work(self) -> bool:
        """Whether any record or request is unfinished."""
        return bool(self.appends.records or self.latest.requests or self._outbox)

    def is_drained(self) -> bool:
        """Whether no task is in flight and nothing finished waits to be published."""
        return not self.outstanding and not self._outbox

    def _receive_record(self, message: Any, *, replay: bool) -> None:
        try:
            key, record = read_log_record(message, self._settings, replay=replay)
        except ForeignRecord as error:
            if replay:
                # Its letter was published before, and it has no row.
                self._progress[message.topic(), message.partition()].replayed()
            else:
                self._outbox.extend([self.foreign.refuse(message, error)])
            return
        outcome = self.appends.add_record(key, record)
        if outcome is not None:
            self._outbox.take(outcome)

    def _receive_request(self, message: Any) -> None:
        request = read_request(message, self._settings)
        if isinstance(request, Finished):
            self._outbox.extend([request])
        else:
            self.latest.add_request(request)
