"""Latest-messages requests on their way through the workers, from delivery to a block."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice

from bridge.dispatch.conversations.task_span import begin_sending
from bridge.dispatch.scheduling.queue_budget import QueueBudget
from bridge.dispatch.scheduling.scheduler import Batch, PlannedTask, Scheduler
from bridge.dispatch.servers.facts import AssignmentFacts
from bridge.dispatch.work import Finished, Outcome, OutgoingTask, PendingRequest, TaskKind
from bridge.kafka.transaction import Output, Partition
from chat_tasks.conversation.routing import partition_of, queue_of
from chat_tasks.formats.tasks import LATEST_TASK, Failure, Reply, encode_latest_task
from chat_tasks.settings import Settings

_REQUEST_BYTES = 128
_REQUESTS_PER_TASK = 100
_TASK_SECONDS = 1.0
# Blocks and new messages share their transactions, so few blocks go ahead of a message: a sixteenth of what may be in
# flight.
_BLOCKS_SHARE = 16


class LatestWork:
    """All requests of one assignment that are not answered.

    `AssignmentState` owns the work, uses it in the loop's thread, and drops it with itself. Invariant: a conversation
    has at most one batch of requests in flight. So requests that arrive meanwhile share the next read, and no request
    joins a read that has started; a read that started earlier might miss a message that the sender has seen. A reply
    that does not fit its task raises `ValueError`, and nothing of it is taken.

    `bytes` is the size of the blocks that wait to be published. Requests wait while it is large, since a block is
    thousands of times larger than its request, and new messages share the way out.
    """

    def __init__(self, settings: Settings, facts: AssignmentFacts, *, epoch: int, reply_to: str) -> None:
        self._settings = settings
        self._facts = facts
        self._epoch = epoch
        self._reply_to = reply_to
        self.scheduler: Scheduler[PendingRequest] = Scheduler(
            queue_of=lambda key: queue_of(key.encode(), settings.queues),
            size_of=lambda _: _REQUEST_BYTES,
            tasks_per_queue=1,
            task_bytes=settings.task_bytes,
            budget=partial(QueueBudget, _REQUESTS_PER_TASK, _TASK_SECONDS),
        )
        self.requests = 0
        self.bytes = 0

    def add_request(self, pending: PendingRequest) -> None:
        """Take a delivered, valid request."""
        self.requests += 1
        self.scheduler.add(pending.request.conversation_key, pending)

    def plan(self, now: float, tasks: int, published: Sequence[int]) -> Iterator[OutgoingTask]:
        """The tasks to send now, with at most `tasks` in flight.

        Every record of the log before its partition's offset in `published` is published.
        """
        if self.bytes >= self._settings.bytes_in_flight // _BLOCKS_SHARE:
            return
        for task in self.scheduler.plan(now, tasks):
            yield self._encode(task, published)

    def take_reply(self, number: int, reply: Reply, now: float) -> Outcome | None:
        """The outcome of a worker's answer; None if the task is not in flight.

        Raises `ValueError` if the reply does not fit the task.
        """
        task = self.scheduler.outstanding.get(number)
        if task is None:
            return None
        pending = [one for batch in task.batches for one in batch.records]
        # A worker leaves the last requests unanswered if the blocks before them fill the reply.
        if not 0 < len(reply.results) <= len(pending):
            raise ValueError(f"{len(reply.results)} results for {len(pending)} requests")
        self.scheduler.answered(task.number)
        outcome = Outcome()
        remaining = iter(reply.results)
        for batch in task.batches:
            mine = list(islice(remaining, len(batch.records)))
            blocks = [result for result in mine if isinstance(result, str)]
            if len(blocks) == len(mine):
                answered = batch.records[: len(mine)]
                self.scheduler.succeeded(Batch(batch.conversation_key, answered))
                self.requests -= len(mine)
                outcome.finished.extend(self._finish(one, block) for one, block in zip(answered, blocks, strict=True))
            else:
                self.scheduler.failed(batch, now)
                for reason in {result.reason for result in mine if isinstance(result, Failure)}:
                    outcome.retries[reason] = outcome.retries.get(reason, 0) + 1
        self.scheduler.measured(task, len(outcome.finished), reply.seconds, now)
        return outcome

    def published(self, size: int) -> None:
        """Take note that blocks of that many bytes are published."""
        self.bytes -= size

    def _finish(self, pending: PendingRequest, block: str) -> Finished:
        key, value = pending.request.conversation_key.encode(), block.encode()
        self.bytes += len(value)
        output = Output(
            self._settings.block_topic,
            partition_of(key, self._facts.block_partitions),
            key if pending.key is None else pending.key,
            value,
            pending.headers,
        )
        return Finished(Partition(self._settings.request_topic, pending.partition), (pending.offset,), (output,))

    def _encode(self, task: PlannedTask[PendingRequest], published: Sequence[int]) -> OutgoingTask:
        task_id = f"{TaskKind.LATEST}-{self._epoch}-{task.number}"
        pending = [one for batch in task.batches for one in batch.records]
        requests = [one.request for one in pending]
        span = begin_sending(self._settings, task.queue, task_id, (one.headers for one in pending), len(requests))
        body = encode_latest_task(
            task_id=task_id,
            reply_to=self._reply_to,
            generations=self._facts.generations,
            requests=requests,
            log_id=self._facts.log_id,
            published=published,
            trace=span.context,
        )
        summary = f"({len(task.batches)} conversations, {len(requests)} requests)"
        return OutgoingTask(
            TaskKind.LATEST,
            task.number,
            task_id,
            LATEST_TASK,
            task.queue,
            body,
            summary,
            task.losses,
            len(requests),
            span=span,
        )
