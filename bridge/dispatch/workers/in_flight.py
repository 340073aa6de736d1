"""The tasks that were sent and not yet answered: all that is known of each, in one place."""

from collections.abc import Sequence, Set
from typing import NamedTuple

from bridge.dispatch.scheduling.concurrency_limit import ConcurrencyLimit
from bridge.dispatch.work import OutgoingTask
from bridge.dispatch.workers.deadlines import Deadlines
from bridge.dispatch.workers.worker_watch import WorkerWatch
from chat_tasks.formats.tasks import Reply
from chat_tasks.settings import Settings

_LOOK_SECONDS = 0.5


class _SentTask(NamedTuple):
    """`at` is a time in seconds of a monotonic clock."""

    task: OutgoingTask
    at: float


class InFlight:
    """The tasks in flight of an assignment, by id, and what their answers say of the workers.

    The handler owns it, in the loop's thread. `clear` drops the tasks when the assignment ends or Redis has lost its
    data; what was learnt of the workers' speed stays. Times are seconds of any monotonic clock.
    """

    def __init__(self, settings: Settings) -> None:
        self._tasks: dict[str, _SentTask] = {}
        self._deadlines = Deadlines(settings.task_deadline)
        self._limit = ConcurrencyLimit(settings.queues * settings.tasks_per_queue)
        self._watch = WorkerWatch(settings.queues, settings.task_deadline)
        self._look_at = 0.0

    @property
    def limit(self) -> int:
        """The most tasks to have in flight now."""
        return self._limit.tasks

    @property
    def queues_are_served(self) -> bool:
        """Whether workers take tasks from every queue, as far as is known."""
        return self._watch.queues_are_served

    def add(self, tasks: Sequence[OutgoingTask], now: float) -> None:
        """These are handed to the sender."""
        self._tasks.update({task.task_id: _SentTask(task, now) for task in tasks})

    def sent(self, tasks: Sequence[OutgoingTask], now: float) -> None:
        """These are in their queues: their deadlines begin."""
        for task in tasks:
            if task.task_id in self._tasks:
                self._deadlines.start(task.task_id, task.losses, now)

    def find(self, task_id: str) -> OutgoingTask | None:
        """The task of that id; None if it is not in flight any more."""
        sent = self._tasks.get(task_id)
        return None if sent is None else sent.task

    def answered(self, reply: Reply, now: float) -> None:
        """A worker's reply was taken, be it a late one."""
        self._deadlines.observe(reply.seconds)
        sent = self._tasks.get(reply.task_id)
        if sent is not None:
            self._limit.observe(len(self._tasks), now - sent.at, reply.seconds)
            self._watch.answered(sent.task.queue, now)
            self._forget(reply.task_id)

    def overdue(self, now: float) -> list[OutgoingTask]:
        """The tasks that are to be looked for in their queues now, if it is time for that."""
        if now < self._look_at or not (overdue := self._deadlines.overdue(now)):
            return []
        self._look_at = now + _LOOK_SECONDS
        return [self._tasks[task_id].task for task_id in overdue]

    def looked_for(self, asked: Sequence[str], waiting: Set[str], now: float) -> list[OutgoingTask]:
        """Of the tasks that were asked for, those in `waiting` are still in their queues. Returns the others: lost."""
        self._deadlines.still_waiting(waiting, now)
        overdue = {task_id: self._tasks[task_id].task for task_id in asked if task_id in self._tasks}
        self._watch.looked_for({task_id: task.queue for task_id, task in overdue.items()}, waiting, now)
        lost = [task for task_id, task in overdue.items() if task_id not in waiting]
        for task in lost:
            self._forget(task.task_id)
        return lost

    def clear(self) -> None:
        """No task is in flight any more."""
        self._tasks.clear()
        self._deadlines.clear()
        self._watch.begin_anew()

    def _forget(self, task_id: str) -> None:
        del self._tasks[task_id]
        self._deadlines.end(task_id)
