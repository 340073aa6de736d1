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
from bridge.dispatch.heads.partition_heads import PartitionHeads
from bridge.dispatch.intake import read_log_record, read_request
from bridge.dispatch.process_state import ProcessState
from bridge.dispatch.quarantine.quarantine import QuarantineWork
from bridge.dispatch.scheduling.scheduler import Scheduler
from bridge.dispatch.servers.facts import AssignmentFacts
from bridge.dispatch.work import Finished, OutgoingTask, TaskKind
from bridge.kafka.assignment import Assignment, Committed
from bridge.kafka.transaction import Partition, Transaction
from chat_tasks.errors import ConfigurationError
from chat_tasks.formats.tasks import Reply
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

_HEADS = 1_000_000


class AssignmentState:
    """The partitions of one assignment, and all of their records and requests that are not finished.

    Made by the dispatch handler when an assignment begins, used in the loop's thread, and dropped whole when the
    assignment ends: what was not committed comes again. It does no I/O. What it leaves to the next assignment of the
    process is in `ProcessState`.

    `start` are the offsets to read from; `replaying` is the number of offsets before the committed ones that are going
    to be written again.
    """

    def __init__(
        self,
        settings: Settings,
        assignment: Assignment,
        facts: AssignmentFacts,
        process_state: ProcessState,
    ) -> None:
        """Raises `ConfigurationError` where a commit's metadata cannot be understood."""
        self._settings = settings
        self._process_state = process_state
        self.facts = facts
        self.reply_to = f"{settings.redis_prefix}:replies:{settings.instance_name}:{assignment.epoch}"
        self._era = Era(facts.log_id, digest_of(facts.generations))
        self._progress: dict[tuple[str, int], PartitionProgress] = {
            partition: self._progress_of(partition, committed.offset, committed.metadata)
            for partition, committed in assignment.partitions.items()
        }
        self._commits = {
            partition: committed.commit(partition) for partition, committed in assignment.partitions.items()
        }
        self._heads = {
            partition: self._heads_of(partition) for partition in self._commits if partition.topic == settings.log_topic
        }
        # They are this assignment's now: nobody else may begin with them.
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
        self.quarantine = QuarantineWork(settings, self.appends, self._outbox, [one.number for one in self._heads])
        self._room = FlowControl(settings)

    @property
    def replayed_count(self) -> int:
        """How many offsets were written again."""
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
        heads = kept or PartitionHeads(_HEADS // self._settings.log_partitions)
        heads.begin(replay=self._progress[partition].state is PartitionState.REPLAYING)
        return heads

    def hand_over(self) -> None:
        """Leave to the next assignment what is known of the heads of what is committed. This one has to end now."""
        topic = self._settings.output_topic
        unpublished = Counter(output.key for output in self._outbox.unpublished() if output.topic == topic)
        for key, numbers in unpublished.items():
            if key is not None:
                self.appends.take_back(key.decode(), numbers)
        self._process_state.kept_heads = {
            (self.facts.log_id, self._commits[partition]): heads for partition, heads in self._heads.items()
        }

    def receive(self, messages: Sequence[Any]) -> None:
        """Take delivered messages; those of partitions that are not ours any more are passed over."""
        log_topic = self._settings.log_topic
        for message in messages:
            topic = message.topic()
            progress = self._progress.get((topic, message.partition()))
            if progress is None:
                continue
            delivery = progress.deliver(message.offset())
            if delivery is Delivery.DONE:
                continue
            if topic == log_topic:
                self._receive_record(message, replay=delivery is Delivery.REPLAY)
            else:
                self._receive_request(message)

    def end_reached(self, partition: Partition, offset: int) -> None:
        """No undelivered record lies before `offset`."""
        if (progress := self._progress.get(partition)) is not None:
            progress.reached_end(offset)

    def plan(self, now: float, tasks: int, *, requests: bool) -> Iterator[OutgoingTask]:
        """The tasks to send now, at most `tasks` outstanding of each kind; requests only where they may be served."""
        yield from self.appends.plan(now, tasks)
        if requests:
            yield from self.latest.plan(now, tasks)

    def next_plan_at(self, now: float) -> float | None:
        """When the next backoff ends, or the next probe may be sent."""
        times = [at for scheduler in self._schedulers.values() if (at := scheduler.next_plan_at(now)) is not None]
        return min(times, default=None)

    def take_reply(self, task: OutgoingTask, reply: Reply, now: float) -> Mapping[str, str]:
        """Take a worker's answer to a task; returns the conversations to quarantine and why.

        Raises `ValueError` if the reply does not fit the task.
        """
        if task.kind is TaskKind.LATEST:
            outcome = self.latest.take_reply(task.number, reply, now)
        else:
            outcome = self.appends.take_reply(task.kind, task.number, reply, now)
        if outcome is None:
            return {}
        self._outbox.take(outcome)
        for reason, count in outcome.retries.items():
            logger.debug("%d conversations are tried again: %s", count, reason)
        return outcome.refused

    def lost(self, task: OutgoingTask) -> bool:
        """Ready the task's records again; False if it is not outstanding."""
        return self._schedulers[task.kind].lost(task.number)

    def lose_all(self) -> int:
        """Every outstanding task is lost; returns how many were."""
        return sum(scheduler.lose_all() for scheduler in self._schedulers.values())

    def next_transaction(self) -> Transaction | None:
        """Publish and commit what is finished; None where nothing is and no replay has to be made known."""
        return self._outbox.next_transaction()

    def committed(self, transaction: Transaction, now: float) -> None:
        """That transaction is done."""
        self._outbox.committed()
        for commit in transaction.offsets:
            partition = commit.partition
            self._commits[partition] = commit
            progress = self._progress[partition]
            progress.committed()
            if partition.topic == self._settings.log_topic and progress.state is PartitionState.RUNNING:
                self._process_state.checkpoints.committed(partition, commit.offset, self._era, now)
                self._heads[partition].replay_ended()

    def purgeable(self, before: float) -> Mapping[Partition, int]:
        """Up to where the log is not needed any more, given the time before which commits are safe; what is new of it.

        The next commits tell it.
        """
        at_rest = [
            progress.partition for progress in self._progress.values() if progress.state is not PartitionState.REPLAYING
        ]
        found = self._process_state.checkpoints.purgeable(at_rest, self._era, before)
        # Somebody may have set the group back meanwhile.
        purgeable = {partition: min(offset, self._commits[partition].offset) for partition, offset in found.items()}
        for partition, offset in purgeable.items():
            self._progress[partition].make_durable(offset)
        return purgeable

    def full(self) -> set[Partition]:
        """The partitions that are to deliver no more for now."""
        return self._room.full(self._progress.values(), self.appends, self.latest)

    @property
    def outstanding(self) -> int:
        """How many tasks are."""
        return sum(len(scheduler.outstanding) for scheduler in self._schedulers.values())

    def has_work(self) -> bool:
        """Whether any record or request is unfinished."""
        return bool(self.appends.records or self.latest.requests or self._outbox)

    def is_drained(self) -> bool:
        """Whether no task is outstanding and nothing finished waits to be published."""
        return not self.outstanding and not self._outbox

    def _receive_record(self, message: Any, *, replay: bool) -> None:
        try:
            record = read_log_record(message, replay=replay)
            key = message.key().decode()
        except (ValueError, AttributeError) as error:
            raise ConfigurationError(
                f"{message.topic()}[{message.partition()}] offset {message.offset()} was not written by ingest "
                f"({error}): nothing else may produce to the log"
            ) from error
        outcome = self.appends.add_record(key, record)
        if outcome is not None:
            self._outbox.take(outcome)

    def _receive_request(self, message: Any) -> None:
        request = read_request(message, self._settings)
        if isinstance(request, Finished):
            self._outbox.extend([request])
        else:
            self.latest.add_request(request)
