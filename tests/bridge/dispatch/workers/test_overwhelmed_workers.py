"""Workers that become so slow that no task is answered in time, in virtual time."""

from functools import partial

from bridge.dispatch.scheduling.queue_budget import QueueBudget
from bridge.dispatch.scheduling.scheduler import PlannedTask, Scheduler
from bridge.dispatch.work import OutgoingTask, TaskKind
from bridge.dispatch.workers.in_flight import InFlight
from bridge.dispatch.workers.task_counts import TaskCounts
from chat_tasks.formats.tasks import Reply
from chat_tasks.settings import Settings

SETTINGS = Settings(queues=1)
CONVERSATIONS = 300
FAST = 1_500.0
STEP_SECONDS = 0.1


class Workers:
    """Two workers, each of which does so many records a second, and what dispatch has for them."""

    def __init__(self, records: int) -> None:
        self.rate = FAST
        self.done = 0
        self._now = 0.0
        budget = partial(QueueBudget, SETTINGS.task_records, 1.0, 250)
        self._scheduler: Scheduler[int] = Scheduler(
            lambda _: 0,
            lambda _: 200,
            tasks_per_queue=SETTINGS.tasks_per_queue,
            task_bytes=SETTINGS.task_bytes,
            budget=budget,
        )
        for number in range(records):
            self._scheduler.add(f"conversation {number % CONVERSATIONS}", number)
        self._in_flight = InFlight(SETTINGS, TaskCounts())
        self._queue: list[OutgoingTask] = []
        self._working: dict[int, tuple[OutgoingTask, float]] = {}

    def work(self, seconds: float) -> None:
        """Let the time pass."""
        end = self._now + seconds
        while self._now < end:
            self._send()
            for worker in (0, 1):
                if worker not in self._working and self._queue:
                    task = self._queue.pop(0)
                    self._working[worker] = task, self._now + task.records / self.rate
            self._lose()
            self._now += STEP_SECONDS
            for worker, (task, ends_at) in list(self._working.items()):
                if ends_at <= self._now:
                    del self._working[worker]
                    self._answer(task)

    def _send(self) -> None:
        tasks = [_outgoing(one) for one in self._scheduler.plan(self._now, self._in_flight.limit)]
        self._in_flight.add(tasks, self._now)
        self._in_flight.sent(tasks, self._now)
        self._queue.extend(tasks)

    def _lose(self) -> None:
        asked = [task.task_id for task in self._in_flight.overdue(self._now)]
        waiting = {task.task_id for task in self._queue}
        for task in self._in_flight.looked_for(asked, waiting, self._now):
            self._scheduler.lost(task.number)

    def _answer(self, task: OutgoingTask) -> None:
        seconds = task.records / self.rate
        if (planned := self._scheduler.answered(task.number)) is not None:
            for batch in planned.batches:
                self._scheduler.succeeded(batch)
            self._scheduler.measured(planned, task.records, seconds, self._now)
            self.done += task.records
        self._in_flight.answered(Reply(task.task_id, seconds, []), self._now)


def _outgoing(task: PlannedTask[int]) -> OutgoingTask:
    records = sum(len(batch.records) for batch in task.batches)
    name = f"append-1-{task.number}"
    return OutgoingTask(TaskKind.APPEND, task.number, name, "name", 0, b"", "", task.losses, records)


def test_workers_get_smaller_tasks_until_they_answer_in_time() -> None:
    workers = Workers(60_000)
    workers.work(8)
    workers.rate = FAST / 40
    # What was planned for fast workers is answered or lost.
    workers.work(150)
    before = workers.done
    workers.work(100)
    assert workers.done - before > workers.rate * 60
