"""When to ask after a task."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from bridge.dispatch.workers.deadlines import Deadlines

TASKS = st.sampled_from(["append-1-0", "append-1-1", "latest-1-0"])


def test_a_task_is_overdue_once() -> None:
    deadlines = Deadlines(seconds=2)
    deadlines.start("append-1-0", losses=0, now=10)
    assert deadlines.overdue(11.9) == []
    assert deadlines.overdue(12) == ["append-1-0"]
    assert deadlines.overdue(1000) == []


def test_an_answered_task_is_not() -> None:
    deadlines = Deadlines(seconds=2)
    deadlines.start("append-1-0", losses=0, now=10)
    deadlines.end("append-1-0")
    assert deadlines.overdue(1000) == []


def test_a_task_that_waits_in_its_queue_gets_a_new_deadline() -> None:
    deadlines = Deadlines(seconds=2)
    deadlines.start("append-1-0", losses=0, now=10)
    assert deadlines.overdue(12) == ["append-1-0"]
    deadlines.still_waiting(["append-1-0", "unknown"], now=12.5)
    assert deadlines.overdue(14) == []
    assert deadlines.overdue(14.5) == ["append-1-0"]


def test_patience_doubles_with_each_loss_up_to_30_seconds() -> None:
    deadlines = Deadlines(seconds=2)
    for losses in (0, 1, 2, 3, 4, 1000):
        deadlines.start(f"lost {losses}", losses, now=0)
    assert [len(deadlines.overdue(now)) for now in (2, 4, 8, 16, 29.9, 30)] == [1, 1, 1, 1, 0, 2]


def test_a_deadline_above_30_seconds_is_kept() -> None:
    deadlines = Deadlines(seconds=100)
    deadlines.start("append-1-0", losses=5, now=0)
    assert deadlines.overdue(99.9) == []
    assert deadlines.overdue(100) == ["append-1-0"]


def test_tasks_that_take_long_are_waited_for_longer_up_to_10_seconds_and_not_for_ever() -> None:
    deadlines = Deadlines(seconds=2)
    deadlines.observe(1.5)
    deadlines.start("slow", losses=0, now=0)
    assert [deadlines.overdue(now) for now in (4.4, 4.5)] == [[], ["slow"]]
    deadlines.observe(60)
    deadlines.start("slower", losses=0, now=0)
    assert [deadlines.overdue(now) for now in (9.9, 10)] == [[], ["slower"]]
    for _ in range(50):
        deadlines.observe(0.01)
    deadlines.start("quick", losses=0, now=0)
    assert deadlines.overdue(2) == ["quick"]


def test_nothing_is_overdue_when_nothing_is_waited_for_any_more() -> None:
    deadlines = Deadlines(seconds=2)
    deadlines.start("append-1-0", losses=0, now=0)
    deadlines.clear()
    deadlines.still_waiting(["append-1-0"], now=0)
    assert deadlines.overdue(1000) == []


class RunningDeadlines(RuleBasedStateMachine):
    """Against a dictionary: a task's patience, and its deadline until it was told."""

    @initialize()
    def start_empty(self) -> None:
        self.deadlines = Deadlines(seconds=2)
        self.now = 0
        self.patience: dict[str, int] = {}
        self.due: dict[str, int] = {}

    @rule(task=TASKS, losses=st.integers(0, 6))
    def start(self, task: str, losses: int) -> None:
        self.deadlines.start(task, losses, self.now)
        self.patience[task] = min(30, 2 * 2**losses)
        self.due[task] = self.now + self.patience[task]

    @rule(task=TASKS)
    def end(self, task: str) -> None:
        self.deadlines.end(task)
        self.patience.pop(task, None)
        self.due.pop(task, None)

    @rule(tasks=st.lists(TASKS))
    def still_waiting(self, tasks: list[str]) -> None:
        self.deadlines.still_waiting(tasks, self.now)
        self.due.update({task: self.now + self.patience[task] for task in tasks if task in self.patience})

    @rule(seconds=st.integers(0, 40))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds
        expected = sorted(task for task, due in self.due.items() if due <= self.now)
        assert sorted(self.deadlines.overdue(self.now)) == expected
        for task in expected:
            del self.due[task]


TestRunningDeadlines = RunningDeadlines.TestCase
