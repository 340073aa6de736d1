"""The tasks in flight: all that is known of each task that was sent and not yet answered.

A task is lost if its deadline has passed and it does not wait in its queue. A task that still waits there is only late.
So an overdue task is first looked for in its queue, and gets a new deadline if it is found: copies of it must not pile
up while no worker runs. Copies must not pile up either while servers are slow and tasks large. So a deadline is several
times what tasks took lately, also because a task may wait behind another one in the hands of a worker.
"""

import math
from collections.abc import Sequence, Set

import msgspec

from bridge.dispatch.scheduling.concurrency_limit import ConcurrencyLimit
from bridge.dispatch.work import OutgoingTask
from bridge.dispatch.workers.task_counts import TaskCounts
from bridge.dispatch.workers.worker_watch import WorkerWatch
from bridge.loop.adaptive_timeout import AdaptiveTimeout
from chat_tasks.formats.tasks import Reply
from chat_tasks.settings import Settings

_LOOK_SECONDS = 0.5
_LONGEST_DEADLINE = 30.0
_LONGEST_EXPECTED = 10.0


class _SentTask(msgspec.Struct):
    """A task, when it was handed to the sender, and when it is overdue.

    `due` is infinite until the task is in its queue, and while it is being looked for.
    """

    task: OutgoingTask
    at: float
    due: float = math.inf


class InFlight:
    """The tasks in flight of an assignment, by id, and what their answers say of the workers.

    `Dispatch` owns the object, uses it in the loop's thread, and keeps it until the loop ends. `clear` drops the tasks
    when the assignment ends or Redis has lost its data; what was learnt of the workers' speed stays. Invariant: apart
    from `clear`, a task counts as lost only if it is overdue and was not found in its queue. The records of a task are
    with its scheduler, not here. Times are seconds of any monotonic clock. No method raises.
    """

    def __init__(self, settings: Settings, counts: TaskCounts) -> None:
        """Begin with no task; answered tasks are counted in `counts`."""
        self._counts = counts
        self._tasks: dict[str, _SentTask] = {}
        self._expected = AdaptiveTimeout(least=settings.task_deadline, most=_LONGEST_EXPECTED)
        self._limit = ConcurrencyLimit(settings.queues * settings.tasks_per_queue)
        self._watch = WorkerWatch(settings)
        self._look_at = 0.0

    @property
    def limit(self) -> int:
        """The most tasks to have in flight now.

        Tasks of a queue that nobody serves do not count. They would take all places one by one, and no conversation of
        any other queue would go on.
        """
        return self._limit.tasks + self._stuck()

    @property
    def queues_are_served(self) -> bool:
        """Whether workers take tasks from every queue, as far as is known."""
        return self._watch.queues_are_served

    @property
    def unserved(self) -> Set[int]:
        """The queues from which no worker takes tasks, as far as is known."""
        return self._watch.unserved

    def oldest(self, queue: int, now: float) -> float:
        """The time in seconds since the oldest task of a queue was handed to the sender; 0 if there is none."""
        return max((now - sent.at for sent in self._tasks.values() if sent.task.queue == queue), default=0.0)

    def add(self, tasks: Sequence[OutgoingTask], now: float) -> None:
        """Take note that these tasks are handed to the sender."""
        self._tasks.update({task.task_id: _SentTask(task, now) for task in tasks})

    def sent(self, tasks: Sequence[OutgoingTask], now: float) -> None:
        """Take note that these tasks are in their queues: their deadlines begin."""
        for task in tasks:
            if (sent := self._tasks.get(task.task_id)) is not None:
                sent.due = now + self._deadline(task.losses)

    def find(self, task_id: str) -> OutgoingTask | None:
        """The task of that id; None if it is not in flight any more."""
        sent = self._tasks.get(task_id)
        return None if sent is None else sent.task

    def answered(self, reply: Reply, now: float) -> None:
        """Take note of a worker's reply, even if the reply is late."""
        self._expected.observe(reply.seconds)
        if (sent := self._tasks.get(reply.task_id)) is not None:
            self._watch.answered(sent.task.queue, now)
            self._limit.observe(len(self._tasks) - self._stuck(), now - sent.at, reply.seconds)
            self._counts.answered(sent.task, now - sent.at, reply.seconds)
            del self._tasks[reply.task_id]

    def overdue(self, now: float) -> list[OutgoingTask]:
        """The overdue tasks to look for in their queues now; none if the last look was less than half a second ago."""
        overdue = [sent for sent in self._tasks.values() if sent.due <= now]
        if now < self._look_at or not overdue:
            return []
        self._look_at = now + _LOOK_SECONDS
        for sent in overdue:
            sent.due = math.inf
        return [sent.task for sent in overdue]

    def looked_for(self, asked: Sequence[str], waiting: Set[str], now: float) -> list[OutgoingTask]:
        """Take the result of a look; returns the lost tasks, which do not wait in their queues.

        `asked` are the ids of the tasks that were looked for, `waiting` those of tasks that still wait.
        """
        overdue = {task_id: sent.task for task_id in asked if (sent := self._tasks.get(task_id)) is not None}
        self._watch.looked_for({task_id: task.queue for task_id, task in overdue.items()}, waiting, now)
        self.sent([task for task_id, task in overdue.items() if task_id in waiting], now)
        lost = [task for task_id, task in overdue.items() if task_id not in waiting]
        for task in lost:
            del self._tasks[task.task_id]
        return lost

    def clear(self) -> None:
        """Forget all tasks."""
        self._tasks.clear()
        self._watch.begin_anew()

    def _stuck(self) -> int:
        """The number of tasks that wait in queues that nobody serves."""
        unserved = self._watch.unserved
        return sum(sent.task.queue in unserved for sent in self._tasks.values()) if unserved else 0

    def _deadline(self, losses: int) -> float:
        """Seconds until a task is overdue. Each loss doubles the time, since a slow worker is not a dead one."""
        first = self._expected.seconds
        return max(first, min(_LONGEST_DEADLINE, first * 2.0 ** min(losses, 10)))
