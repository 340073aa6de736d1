"""Everything dispatch holds for one assignment, without I/O: from delivered records to transactions."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bridge.dispatch.commits.checkpoints import Era
from bridge.dispatch.commits.commit_metadata import decode_metadata, digest_of
from bridge.dispatch.commits.horizons import check_horizons
from bridge.dispatch.commits.log_purge import LogPurge
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
from bridge.kafka.errors import UnreadableRecords, where
from bridge.kafka.transaction import LARGEST_TRANSACTION, CommittedOffset, Partition, Transaction
from bridge.loop.handler import Unfinished
from bridge.records.dead_letters import dead_letter_of_unreadable, reason_of, say_dead_letters
from chat_tasks.errors import ConfigurationError, ForeignRecord
from chat_tasks.formats.tasks import Reply
from chat_tasks.log_rate.tally import Tally
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)


class AssignmentState:
    """The partitions of one assignment, and all of their records and requests that are not finished.

    The `Dispatch` handler makes the state when an assignment begins, uses it in the loop's thread, and drops it whole
    when the assignment ends: what was not committed is delivered again. The state does no I/O. What it leaves to the
    process's next assignment is in `ProcessState`. Invariant: each record that is delivered and unfinished is in
    exactly one place: a scheduler, a release, or the outbox. Offsets that do not ascend raise `ChatTasksError`, which
    ends the loop.

    `schedulers` are by kind of task, and `commits` what the group holds of each partition.
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
        """Begin an assignment.

        Raises `ConfigurationError` if a commit's metadata cannot be understood, or the rows are older than the log.
        """
        self._settings = settings
        self._process_state = process_state
        self.facts = facts
        self.reply_to = f"{settings.redis_prefix}:replies:{settings.instance_name}:{assignment.epoch}"
        logs = [partition for partition in assignment.partitions if partition.topic == settings.log_topic]
        check_horizons(settings.log_topic, {one.number: assignment.partitions[one].low for one in logs}, facts.horizons)
        self._era = Era(facts.log_id, digest_of(facts.generations))
        self._progress: dict[tuple[str, int], PartitionProgress] = {
            partition: self._progress_of(partition, committed.offset, committed.metadata)
            for partition, committed in assignment.partitions.items()
        }
        self._receiving = dict(self._progress)
        self.unread = UnreadPartitions()
        self.commits = {
            partition: committed.commit(partition) for partition, committed in assignment.partitions.items()
        }
        self._heads = {
            partition: self._heads_of(partition) for partition in self.commits if partition.topic == settings.log_topic
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
        self.schedulers: Mapping[TaskKind, Scheduler[Any]] = {
            **self.appends.schedulers,
            TaskKind.LATEST: self.latest.scheduler,
        }
        self.log_purge = LogPurge(
            settings.log_topic, self._era, process_state.checkpoints, self._progress, self.commits
        )
        self._outbox = Outbox(settings.log_topic, self._progress)
        self.quarantine = QuarantineWork(settings, self.appends, self._outbox, self._progress)
        self._room = FlowControl(settings)
        self.foreign = ForeignRecords(settings)
        self._retries = Tally()
        self._letters = Tally()

    @property
    def replayed_count(self) -> int:
        """The number of replays that are written."""
        return self._outbox.replayed_count

    @property
    def in_flight(self) -> tuple[int, int]:
        """The records in memory, from their delivery to their transaction, and the bytes of their values."""
        return self.appends.records + self._outbox.outputs, self.appends.bytes + self._outbox.bytes

    def _start_of(self, partition: Partition, committed: Committed) -> int:
        offset = committed.offset
        if self._progress[partition].state is PartitionState.REPLAYING:
            offset = min(offset, max(committed.low, self._progress[partition].durable))
        return offset

    def _progress_of(self, partition: Partition, offset: int, metadata: str) -> PartitionProgress:
        digest = self._era.digest if partition.topic == self._settings.log_topic else ""
        try:
            found = decode_metadata(metadata)
            if partition.topic == self._settings.log_topic:
                # A backup that was restored has the horizon of its time, and the log has what came since.
                found = replace(found, durable=min(found.durable, self.facts.horizons.get(partition.number, 0)))
            return PartitionProgress(partition, offset, found, digest)
        except ValueError as error:
            raise ConfigurationError(f"the committed metadata of {partition} is broken: {error}") from error

    def _heads_of(self, partition: Partition) -> PartitionHeads:
        kept = self._process_state.kept_heads.get((self.facts.log_id, self.commits[partition]))
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
            (self.facts.log_id, self.commits[partition]): heads for partition, heads in self._heads.items()
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
            logger.error("passed over: %s", records, extra={"event": "records_passed_over", **where(records)})
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
        """The time at which the next backoff ends, or the next probe may be sent; None if nothing waits for either.

        What is due and was not planned waits for something else: requests do, while many blocks are to be published.
        """
        found = [scheduler.next_plan_at(now) for scheduler in self.schedulers.values()]
        return min((at for at in found if at is not None and at > now), default=None)

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
        self._process_state.counts.work.replied(task, reply, outcome)
        self._outbox.take(outcome)
        for reason, count in outcome.retries.items():
            self._retries.add(reason, count)
        return outcome.refused

    def say(self, now: float) -> None:
        """Log why conversations are tried again and records became dead letters: one line a minute and reason."""
        self.foreign.say(now)
        self.unread.say(now)
        for reason, count in self._retries.due(now):
            logger.warning(
                "%d conversations are tried again: %s",
                count,
                reason,
                extra={"event": "conversations_retried", "reason": reason, "count": count},
            )
        say_dead_letters(self._letters, self._settings.request_topic, now)

    def lost(self, task: OutgoingTask) -> bool:
        """Make the task's records ready again; returns False if the task is not in flight."""
        return self.schedulers[task.kind].lost(task.number)

    def lose_all(self) -> Mapping[TaskKind, int]:
        """Make the records of every task in flight ready again; returns the number of these tasks, by kind."""
        return {kind: scheduler.lose_all() for kind, scheduler in self.schedulers.items()}

    def next_transaction(self, most_bytes: int = LARGEST_TRANSACTION) -> Transaction | None:
        """Publish and commit what is finished; None if there is nothing to publish or to commit."""
        return self._outbox.next_transaction(most_bytes)

    def at_rest(self) -> Sequence[CommittedOffset]:
        """What a transaction that is due anyway may commit while nothing is finished."""
        return self._outbox.at_rest()

    def committed(self, transaction: Transaction) -> Sequence[Finished]:
        """Take note that the transaction is committed; returns what is published by it."""
        published = self._outbox.committed()
        if any(commit.partition.topic == self._settings.request_topic for commit in transaction.offsets):
            block_topic = self._settings.block_topic
            self.latest.published(sum(len(one.value or b"") for one in transaction.outputs if one.topic == block_topic))
        for commit in transaction.offsets:
            partition = commit.partition
            self.commits[partition] = commit
            progress = self._progress[partition]
            progress.committed()
            if partition.topic == self._settings.log_topic and progress.state is PartitionState.RUNNING:
                self._heads[partition].replay_ended()
        return published

    def full(self) -> set[Partition]:
        """The partitions that are to deliver no more for now. What releases hold of them becomes letters."""
        full = self._room.full(self._progress.values(), self.appends, self.latest, self._outbox)
        for partition in full & self._heads.keys():
            self.quarantine.relieve(partition)
        return full | self.unread.partitions

    def paused(self) -> Mapping[str, int]:
        """The number of partitions that deliver no more for now, by the reason."""
        unread = self.unread.partitions
        return {**self._room.reasons(self.commits.keys() - unread), "unreadable": len(unread)}

    def unfinished(self) -> Mapping[Partition, Unfinished]:
        """The unfinished records of each partition."""
        return {one.partition: Unfinished(*one.unfinished()) for one in self._progress.values()}

    @property
    def outstanding(self) -> int:
        """The number of tasks sent and not yet answered."""
        return sum(len(scheduler.outstanding) for scheduler in self.schedulers.values())

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
            self._letters.add(reason_of(request.outputs[0]))
        else:
            self.latest.add_request(request)
