"""Decides which records go to the workers next.

A conversation has at most one batch in flight, with its oldest records. A queue has a bounded number of tasks in
flight. While its slots are taken, records pile up, and the next task takes all of them that fit. So tasks are small and
fast when the system is idle, and grow by themselves under load. The budget of the queue (`queue_budget.py`) says how
many records a task may hold.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, NamedTuple, TypeVar

import msgspec

from bridge.dispatch.scheduling.queue_budget import QueueBudget
from chat_tasks.backoff import Backoff

RecordT = TypeVar("RecordT")

# The backoff is short: a worker that has not found its servers again fails at once, and so it gets the most tasks.
_BACKOFF = Backoff(longest=0.5)


class Batch(msgspec.Struct, Generic[RecordT], frozen=True):
    """The oldest records of one conversation, in order."""

    conversation_key: str
    records: list[RecordT]


@dataclass(frozen=True, slots=True)
class PlannedTask(Generic[RecordT]):
    """One Celery task; `losses` counts how often in a row a task with one of its conversations was lost."""

    number: int
    queue: int
    batches: tuple[Batch[RecordT], ...]
    losses: int


class ConversationState(Enum):
    """What happens next to a conversation's oldest records.

    - READY: they go with one of the next tasks.
    - IN_FLIGHT: they are with a worker.
    - BACKING_OFF: they are tried again when a backoff has ended.
    - HELD: they stay here untried, until `drop` takes them out.
    """

    READY = auto()
    IN_FLIGHT = auto()
    BACKING_OFF = auto()
    HELD = auto()


class _Conversation(msgspec.Struct, Generic[RecordT]):
    """The records of one conversation that are delivered and unfinished, and what happens to them next."""

    queue: int
    records: list[RecordT] = msgspec.field(default_factory=list)
    state: ConversationState = ConversationState.READY
    failures: int = 0
    losses: int = 0
    # Why the last attempt failed.
    reason: str = ""


class Standing(NamedTuple):
    """How a conversation stands: its unfinished records, and the attempts since one has succeeded.

    `failures` were answered, for `reason` the last time, and `losses` were not.
    """

    state: ConversationState
    records: int
    failures: int
    losses: int
    reason: str


class Scheduler(Generic[RecordT]):
    """Holds records, delivered and unfinished, and plans the tasks that carry them.

    `AppendWork` owns two schedulers and `LatestWork` one; each is used in the loop's thread and dropped with its owner.
    A scheduler does no I/O. Invariants: a conversation has at most one batch in flight; batches hold its oldest records
    in order; a record leaves only by `succeeded` or `drop`. Queues take turns. A task that is lost, and a batch that
    has failed, leave their records here to be planned again. Times are seconds of any monotonic clock. A late answer
    raises nothing: `answered` returns None.
    """

    def __init__(
        self,
        queue_of: Callable[[str], int],
        size_of: Callable[[RecordT], int],
        *,
        tasks_per_queue: int,
        task_bytes: int,
        budget: Callable[[], QueueBudget],
        backoff: Backoff = _BACKOFF,
    ) -> None:
        """Set the bounds: `tasks_per_queue` tasks in flight for each queue, and `task_bytes` bytes for each task.

        A larger record goes alone. `budget` makes the budget of a queue; `backoff` is for a conversation that has
        failed.
        """
        self._queue_of = queue_of
        self._size_of = size_of
        self._most_tasks = tasks_per_queue
        self._most_bytes = task_bytes
        self._backoff = backoff
        self._budgets: dict[int, QueueBudget] = defaultdict(budget)
        self._conversations: dict[str, _Conversation[RecordT]] = {}
        self._ready: dict[int, dict[str, None]] = {}
        self._waiting: list[tuple[float, str]] = []
        self._outstanding: dict[int, PlannedTask[RecordT]] = {}
        self._tasks_of_queue: dict[int, int] = {}
        self._next_number = 0

    @property
    def outstanding(self) -> dict[int, PlannedTask[RecordT]]:
        """The tasks that were planned and neither answered nor lost, by number, oldest first.

        The caller must not change the dictionary.
        """
        return self._outstanding

    def states(self) -> Counter[ConversationState]:
        """How many conversations are in each state; takes a millisecond for ten thousand of them."""
        return Counter(conversation.state for conversation in self._conversations.values())

    def largest(self) -> int:
        """The records of the conversation that has the most; takes as long as `states`."""
        return max((len(conversation.records) for conversation in self._conversations.values()), default=0)

    def standing(self, conversation_key: str) -> Standing | None:
        """How a conversation stands; None if no record of it is unfinished."""
        one = self._conversations.get(conversation_key)
        return None if one is None else Standing(one.state, len(one.records), one.failures, one.losses, one.reason)

    def add(self, conversation_key: str, record: RecordT) -> None:
        """Add a record, which lies after all earlier records of its conversation."""
        conversation = self._conversations.get(conversation_key)
        if conversation is None:
            conversation = self._conversations[conversation_key] = _Conversation(self._queue_of(conversation_key))
        conversation.records.append(record)
        if conversation.state is ConversationState.READY:
            self._make_ready(conversation_key, conversation)

    def plan(self, now: float, tasks: int) -> Iterator[PlannedTask[RecordT]]:
        """The tasks to send now, with at most `tasks` in flight.

        Each queue gets as many tasks as it has free slots, and the queues take turns. Records whose backoff has ended
        are included.
        """
        while self._waiting and self._waiting[0][0] <= now:
            _, key = heapq.heappop(self._waiting)
            conversation = self._conversations.get(key)
            if conversation is not None and conversation.state is ConversationState.BACKING_OFF:
                self._make_ready(key, conversation)
        for queue in list(self._ready):
            while self._ready[queue] and self._has_room(queue, now):
                if len(self._outstanding) >= tasks:
                    return
                yield self._plan_one(queue, now)
            # A queue that had its turn goes to the end.
            self._ready[queue] = self._ready.pop(queue)

    def next_plan_at(self, now: float) -> float | None:
        """The time at which the earliest backoff ends or the next probe may be sent; None if nothing waits for either.

        `now` is the time at which `plan` was last called.
        """
        times = [
            at
            for queue, ready in self._ready.items()
            if ready and (at := self._budgets[queue].opens_at) is not None and at > now
        ]
        if self._waiting:
            times.append(self._waiting[0][0])
        return min(times, default=None)

    def answered(self, number: int) -> PlannedTask[RecordT] | None:
        """Free the task's slot; returns None if the task is not in flight: its reply is late, and to be ignored.

        Each batch of the task must then be told to `succeeded`, `failed` or `hold`, and the task to `measured`.
        """
        task = self._outstanding.pop(number, None)
        if task is not None:
            self._tasks_of_queue[task.queue] -= 1
        return task

    def measured(self, task: PlannedTask[RecordT], done: int, seconds: float, now: float) -> None:
        """Take note that a worker has done `done` records of an answered task in `seconds`."""
        held = sum(len(batch.records) for batch in task.batches)
        self._budgets[task.queue].answered(len(task.batches), held, done, seconds, now)

    def succeeded(self, batch: Batch[RecordT]) -> None:
        """Take the batch's records out: they are done."""
        conversation = self._conversations[batch.conversation_key]
        del conversation.records[: len(batch.records)]
        conversation.failures = conversation.losses = 0
        if conversation.records:
            self._make_ready(batch.conversation_key, conversation)
        else:
            del self._conversations[batch.conversation_key]

    def failed(self, batch: Batch[RecordT], now: float, reason: str = "") -> None:
        """Try the batch's records again, after a backoff."""
        conversation = self._conversations[batch.conversation_key]
        conversation.failures += 1
        conversation.reason = reason
        conversation.state = ConversationState.BACKING_OFF
        heapq.heappush(self._waiting, (now + self._backoff.delay(conversation.failures), batch.conversation_key))

    def hold(self, batch: Batch[RecordT]) -> None:
        """Keep the batch's records untried, until `drop` takes them out."""
        self._conversations[batch.conversation_key].state = ConversationState.HELD

    def drop(self, conversation_key: str) -> list[RecordT]:
        """Take all records of a conversation out, in order. A task in flight that has some of them counts as lost."""
        conversation = self._conversations.get(conversation_key)
        if conversation is None:
            return []
        if conversation.state is ConversationState.IN_FLIGHT:
            self._put_back(self._task_with(conversation_key))
        del self._conversations[conversation_key]
        self._ready.get(conversation.queue, {}).pop(conversation_key, None)
        return conversation.records

    def lost(self, number: int) -> bool:
        """Make the records of a task that was not answered in time ready again at once, for smaller tasks.

        Returns False if it is not in flight.
        """
        task = self._put_back(number)
        if task is None:
            return False
        self._budgets[task.queue].lost(sum(len(batch.records) for batch in task.batches))
        return True

    def lose_all(self) -> int:
        """Make the records of all tasks in flight ready again, which says nothing of the workers.

        Returns the number of these tasks.
        """
        numbers = list(self._outstanding)
        for number in numbers:
            self._put_back(number)
        return len(numbers)

    def _put_back(self, number: int) -> PlannedTask[RecordT] | None:
        task = self.answered(number)
        if task is not None:
            for batch in task.batches:
                conversation = self._conversations[batch.conversation_key]
                conversation.losses += 1
                self._make_ready(batch.conversation_key, conversation)
        return task

    def _task_with(self, conversation_key: str) -> int:
        return next(
            number
            for number, task in self._outstanding.items()
            if any(batch.conversation_key == conversation_key for batch in task.batches)
        )

    def _make_ready(self, key: str, conversation: _Conversation[RecordT]) -> None:
        conversation.state = ConversationState.READY
        self._ready.setdefault(conversation.queue, {})[key] = None

    def _has_room(self, queue: int, now: float) -> bool:
        opens_at = self._budgets[queue].opens_at
        return (opens_at is None or now >= opens_at) and (self._tasks_of_queue.get(queue, 0) < self._most_tasks)

    def _plan_one(self, queue: int, now: float) -> PlannedTask[RecordT]:
        ready = self._ready[queue]
        budget = self._budgets[queue]
        most = budget.records
        budget.sent(now)
        batches: list[Batch[RecordT]] = []
        records = size = losses = 0
        for key in ready:
            if records >= most or size >= self._most_bytes:
                break
            conversation = self._conversations[key]
            taken: list[RecordT] = []
            for record in conversation.records:
                added = self._size_of(record)
                if records and (records >= most or size + added > self._most_bytes):
                    break
                taken.append(record)
                records += 1
                size += added
            if not taken:
                break
            conversation.state = ConversationState.IN_FLIGHT
            losses = max(losses, conversation.losses)
            batches.append(Batch(key, taken))
        for batch in batches:
            del ready[batch.conversation_key]
        task = PlannedTask(self._next_number, queue, tuple(batches), losses)
        self._next_number += 1
        self._outstanding[task.number] = task
        self._tasks_of_queue[queue] = self._tasks_of_queue.get(queue, 0) + 1
        return task
