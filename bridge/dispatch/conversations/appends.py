"""Records of the log on their way through the workers, from delivery to an outcome."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from bridge.dispatch.conversations.pieces import pieces
from bridge.dispatch.conversations.release import FoundLetters, Release
from bridge.dispatch.conversations.task_span import begin_sending
from bridge.dispatch.conversations.wrong_numbers import WrongNumbers
from bridge.dispatch.heads.partition_heads import PartitionHeads
from bridge.dispatch.scheduling.queue_budget import QueueBudget
from bridge.dispatch.scheduling.scheduler import Batch, PlannedTask, Scheduler, Standing
from bridge.dispatch.servers.facts import AssignmentFacts
from bridge.dispatch.work import Finished, Outcome, OutgoingTask, TaskKind
from bridge.kafka.headers import with_sent_at
from bridge.kafka.transaction import Output, Partition
from bridge.records.log_record import LogRecord
from bridge.records.quarantine_letters import encode_letter, encode_receipt
from chat_tasks.conversation.routing import partition_of, queue_of
from chat_tasks.formats.tasks import (
    APPEND_TASK,
    Answer,
    Failure,
    Reply,
    encode_append_task,
    encode_conversation,
)
from chat_tasks.formats.topics import with_sequence
from chat_tasks.settings import Settings

_ENVELOPE_BYTES = 64
_APPEND_SECONDS = 1.0
_LEAST_APPENDS = 250
# Replays beside new records are kept few and small, to leave the workers to the new records.
_REPLAY_SECONDS = 0.15
_REPLAYS_PER_QUEUE = 1


class AppendWork:
    """All records of one assignment that are not finished.

    `AssignmentState` owns the work, uses it in the loop's thread, and drops it with itself. It owns the schedulers and
    the releases. Invariant: a conversation's new records go to the workers one batch after the other, in the log's
    order. Replays of a conversation whose head is known are scheduled apart, so that its new records do not wait for
    them. Records of a conversation in quarantine become letters at once, and records of a conversation in release are
    held. A number that does not follow the head which its task carried is never published.
    `records` and `bytes` count what is scheduled, at the workers, or held. A reply that does not fit its task
    raises `ValueError`, and nothing of it is taken.
    """

    def __init__(
        self,
        settings: Settings,
        facts: AssignmentFacts,
        *,
        epoch: int,
        reply_to: str,
        heads: Mapping[int, PartitionHeads],
    ) -> None:
        """Begin with the conversations that are quarantined or being released; `heads` are by partition of the log."""
        self._settings = settings
        self._facts = facts
        self.log_id = facts.log_id
        self._epoch = epoch
        self._reply_to = reply_to
        self.quarantined = set(facts.quarantined)
        self.releases = {key: Release(request) for key, request in facts.requests.items()}
        self.heads = heads
        for key in (*self.quarantined, *self.releases):
            self.forget_head(key)
        most = settings.task_records
        self._appends = self._scheduler(
            settings.tasks_per_queue, partial(QueueBudget, most, _APPEND_SECONDS, _LEAST_APPENDS)
        )
        self._replays = self._scheduler(_REPLAYS_PER_QUEUE, partial(QueueBudget, most, _REPLAY_SECONDS))
        self.schedulers = {TaskKind.APPEND: self._appends, TaskKind.REPLAY: self._replays}
        self._wrong_numbers = WrongNumbers(settings)
        self.records = 0
        self.bytes = 0

    def _scheduler(self, tasks_per_queue: int, budget: Callable[[], QueueBudget]) -> Scheduler[LogRecord]:
        return Scheduler(
            queue_of=lambda key: queue_of(key.encode(), self._settings.queues),
            size_of=lambda record: len(record.value) + _ENVELOPE_BYTES,
            tasks_per_queue=tasks_per_queue,
            task_bytes=self._settings.task_bytes,
            budget=budget,
        )

    def standings(self, conversation_key: str) -> Sequence[Standing | None]:
        """How the conversation's new records stand, and its replays."""
        return [scheduler.standing(conversation_key) for scheduler in self.schedulers.values()]

    def add_record(self, conversation_key: str, record: LogRecord) -> Outcome | None:
        """Take a delivered record; returns its outcome at once if its conversation is quarantined, else None."""
        if conversation_key in self.quarantined:
            return self._dead([record], conversation_key, "the conversation is quarantined")
        self.records += 1
        self.bytes += len(record.value)
        if (release := self.releases.get(conversation_key)) is not None:
            return self._add_to_release(conversation_key, release, record)
        if record.replay and self.heads[record.partition].has_head(conversation_key):
            self._replays.add(conversation_key, record)
        else:
            self._appends.add(conversation_key, record)
        return None

    def plan(self, now: float, tasks: int) -> Iterator[OutgoingTask]:
        """The tasks to send now, with at most `tasks` in flight of either kind."""
        for kind, scheduler in self.schedulers.items():
            for task in scheduler.plan(now, tasks):
                yield self._encode(kind, task)

    def take_reply(self, sent: OutgoingTask, reply: Reply, now: float) -> Outcome | None:
        """The outcome of a worker's answer to a task that was sent; None if the answer is late.

        Raises `ValueError` if the answer does not fit the task.
        """
        scheduler = self.schedulers[sent.kind]
        task = scheduler.outstanding.get(sent.number)
        if task is None:
            return None
        if len(reply.results) != len(task.batches):
            raise ValueError(f"{len(reply.results)} results for {len(task.batches)} conversations")
        scheduler.answered(sent.number)
        outcome = Outcome()
        done = 0
        for batch, head, answered in zip(task.batches, sent.heads, reply.results, strict=True):
            result = self._wrong_numbers.checked(batch, head, answered)
            if isinstance(result, int):
                self._wrong_numbers.forget(batch.conversation_key)
                done += len(batch.records)
                scheduler.succeeded(batch)
                self._succeeded(batch, result, outcome, now)
            elif isinstance(result, Failure) and result.answer is Answer.REFUSED:
                done += len(batch.records)
                scheduler.hold(batch)
                outcome.refused[batch.conversation_key] = result.reason
            else:
                reason = result.reason if isinstance(result, Failure) else "a result of the wrong kind"
                scheduler.failed(batch, now, reason)
                outcome.retries[reason] = outcome.retries.get(reason, 0) + 1
        scheduler.measured(task, done, reply.seconds, now)
        return outcome

    def quarantine(self, conversation_key: str, reason: str) -> Outcome:
        """Make letters of all records of a conversation, which is now durably quarantined. Its letters stay letters."""
        self.quarantined.add(conversation_key)
        self.forget_head(conversation_key)
        self._wrong_numbers.forget(conversation_key)
        records = self._replays.drop(conversation_key) + self._appends.drop(conversation_key)
        if (release := self.releases.pop(conversation_key, None)) is not None:
            records += release.held
        self._forget(records)
        return self._dead(records, conversation_key, reason)

    def begin_release(self, conversation_key: str, request: int) -> None:
        """Begin to hold the conversation's records, if it is quarantined."""
        if conversation_key in self.quarantined:
            self.quarantined.remove(conversation_key)
            self.releases[conversation_key] = Release(request)

    def take_letters(self, conversation_key: str, found: FoundLetters) -> Outcome:
        """Take a portion of letters, which follow those taken before; `write_letters` goes on with it."""
        release = self.releases[conversation_key]
        release.take(found)
        held, release.held = release.held, []
        outcome = Outcome()
        for record in held:
            outcome.replayed.extend(self._add_to_release(conversation_key, release, record).replayed)
        return outcome

    def write_letters(self, conversation_key: str) -> None:
        """Write the letters of the portion, if they are pending: all replays of the conversation were delivered."""
        release = self.releases[conversation_key]
        if not release.is_pending:
            return
        release.is_pending = False
        for record in release.portion:
            # Not before, because they wait for replays, which are delivered only while there is room.
            self.records += 1
            self.bytes += len(record.value)
            self._appends.add(conversation_key, record)

    def relieve(self, partition: int) -> Outcome:
        """Make letters of held records, which keep a partition paused; the next portion of their release has them."""
        outcome = Outcome()
        for key, release in self.releases.items():
            spilled = release.spill(partition)
            self._forget(spilled)
            outcome.finished.extend(self._dead(spilled, key, "the release of the conversation is under way").finished)
        return outcome

    def end_release(self, conversation_key: str) -> None:
        """Go on with the conversation's newer records: all its letters are published."""
        for record in self.releases.pop(conversation_key).held:
            self._appends.add(conversation_key, record)

    def take_back(self, conversation_key: str, numbers: int) -> None:
        """Take back this many of the conversation's newest numbers: this assignment will not publish them."""
        for heads in self.heads.values():
            heads.take_back(conversation_key, numbers)

    def forget_head(self, conversation_key: str) -> None:
        """Forget the conversation's head: a worker has to read it."""
        for heads in self.heads.values():
            heads.forget(conversation_key)

    def _add_to_release(self, conversation_key: str, release: Release, record: LogRecord) -> Outcome:
        if record.replay and release.first_letter is not None:
            if record.offset >= release.first_letter:
                # It is of a letter: when the release has ended its row is as safe as any.
                self._forget([record])
                return Outcome(replayed=[record])
            self._appends.add(conversation_key, record)
        else:
            release.held.append(record)
        return Outcome()

    def _forget(self, records: Sequence[LogRecord]) -> int:
        self.records -= len(records)
        size = sum(len(record.value) for record in records)
        self.bytes -= size
        return size

    def _encode(self, kind: TaskKind, task: PlannedTask[LogRecord]) -> OutgoingTask:
        task_id = f"{kind}-{self._epoch}-{task.number}"
        heads = [self._head_before(batch) for batch in task.batches]
        conversations = [
            encode_conversation(
                batch.conversation_key,
                head,
                [(record.offset, record.sent_at, record.value) for record in batch.records],
            )
            for batch, head in zip(task.batches, heads, strict=True)
        ]
        records = sum(len(batch.records) for batch in task.batches)
        headers = (record.headers for batch in task.batches for record in batch.records)
        span = begin_sending(self._settings, task.queue, task_id, headers, records)
        body = encode_append_task(
            task_id=task_id,
            reply_to=self._reply_to,
            epoch=self._epoch,
            log_id=self.log_id,
            generations=self._facts.generations,
            conversations=conversations,
            trace=span.context,
        )
        summary = f"({len(task.batches)} conversations, {records} records)"
        return OutgoingTask(
            kind, task.number, task_id, APPEND_TASK, task.queue, body, summary, task.losses, records, heads, span
        )

    def _head_before(self, batch: Batch[LogRecord]) -> int | None:
        first = batch.records[0]
        if first.is_letter:
            # Some letters may have been written before, so the worker has to compare them with the stored rows.
            return None
        return self.heads[first.partition].head_for(batch.conversation_key, replay=first.replay)

    def _succeeded(self, batch: Batch[LogRecord], first: int, outcome: Outcome, now: float) -> None:
        key, last = batch.conversation_key, batch.records[-1]
        key_bytes = key.encode()
        partition = partition_of(key_bytes, self._facts.output_partitions)
        topic = self._settings.output_topic
        size = self._forget(batch.records)
        new: list[LogRecord] = []
        outputs: list[Output] = []
        for sequence, record in enumerate(batch.records, start=first):
            if record.replay:
                outcome.replayed.append(record)
                continue
            new.append(record)
            headers = with_sent_at(record.headers, record.sent_at)
            outputs.append(Output(topic, partition, key_bytes, with_sequence(record.value, sequence), headers))
        source = Partition(self._settings.log_topic, last.partition)
        if (release := self.releases.get(key)) is None:
            self.heads[last.partition].written(key, first + len(batch.records) - 1, replay=last.replay)
        for piece in pieces(new, size):
            records = new[piece]
            offsets = [record.offset for record in records]
            if release is None:
                outcome.finished.append(Finished(source, offsets, outputs[piece]))
            else:
                # Nothing but its letters is published of a conversation in release, and their numbers are nobody's
                # head.
                receipt = encode_receipt(self._settings, self.log_id, key, records[-1])
                release.letters_written(Finished(source, offsets, outputs[piece], receipt), now)

    def _dead(self, records: Sequence[LogRecord], conversation_key: str, reason: str) -> Outcome:
        outcome = Outcome()
        for record in records:
            if record.replay:
                outcome.replayed.append(record)
            elif not record.is_letter:
                letter = encode_letter(self._settings, self.log_id, conversation_key, record, reason)
                source = Partition(self._settings.log_topic, record.partition)
                outcome.finished.append(Finished(source, (record.offset,), (letter,)))
        return outcome
