"""The scheduler against plain lists, whatever workers and clock do."""

import math
from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bridge.dispatch.scheduling.queue_budget import QueueBudget
from bridge.dispatch.scheduling.scheduler import PlannedTask, Scheduler
from chat_tasks.backoff import Backoff

QUEUES = 2
KEYS = [f"conversation {number}" for number in range(6)]
NOTHING_DONE = ["failed"] * len(KEYS)
ANSWERS = st.just(NOTHING_DONE) | st.lists(
    st.sampled_from(["succeeded", "succeeded", "failed", "held"]), min_size=len(KEYS), max_size=len(KEYS)
)


class Steady(Backoff):
    """Without chance, so that the model knows when the next trial may begin."""

    def delay(self, failures: int, random_unit: float | None = 1.0) -> float:
        return super().delay(failures, random_unit)


Record = tuple[int, int]
"""A number and a size."""


def queue_of(key: str) -> int:
    return int(key[-1]) % QUEUES


class ScheduledRecords(RuleBasedStateMachine):
    """`waiting` has every unfinished record in order; `blocked` when a conversation is ready again.

    `budgets` are what the scheduler's ought to be; what a budget does has tests of its own.
    """

    @initialize(
        most_tasks=st.integers(1, 3),
        most_bytes=st.integers(1, 40),
        records=st.integers(1, 20),
        tasks=st.integers(1, 7),
    )
    def start(self, most_tasks: int, most_bytes: int, records: int, tasks: int) -> None:
        self.most_tasks = most_tasks
        self.most_bytes = most_bytes
        self.tasks = tasks
        self.backoff = Steady(first=2, longest=16)
        self.scheduler: Scheduler[Record] = Scheduler(
            queue_of,
            lambda record: record[1],
            tasks_per_queue=most_tasks,
            task_bytes=most_bytes,
            budget=lambda: QueueBudget(records, 1.0, backoff=self.backoff),
            backoff=self.backoff,
        )
        self.budgets = [QueueBudget(records, 1.0, backoff=self.backoff) for _ in range(QUEUES)]
        self.now = 0.0
        self.count = 0
        self.waiting: dict[str, list[Record]] = {key: [] for key in KEYS}
        self.done: Counter[Record] = Counter()
        self.outstanding: dict[int, PlannedTask[Record]] = {}
        self.over: list[int] = []
        self.failures: Counter[str] = Counter()
        self.losses: Counter[str] = Counter()
        self.blocked: dict[str, float] = {}
        self.dropped: set[str] = set()

    @rule(key=st.sampled_from(KEYS), size=st.integers(1, 50), count=st.integers(1, 4))
    def add(self, key: str, size: int, count: int) -> None:
        for _ in range(0 if key in self.dropped else count):
            self.scheduler.add(key, (self.count, size))
            self.waiting[key].append((self.count, size))
            self.count += 1

    @rule(seconds=st.integers(0, 20))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def plan(self) -> None:
        for task in self.scheduler.plan(self.now, self.tasks):
            self.check_task(task)
            self.outstanding[task.number] = task
            for batch in task.batches:
                self.blocked.pop(batch.conversation_key, None)
        room = self.tasks - len(self.outstanding)
        used = Counter(task.queue for task in self.outstanding.values())
        for key in self.ready_keys():
            queue = queue_of(key)
            if room:
                assert used[queue] == self.most_tasks or self.now < (self.budgets[queue].opens_at or 0)
        retry_at = self.scheduler.next_plan_at(self.now)
        assert retry_at is None or retry_at > self.now

    def ready_keys(self) -> list[str]:
        in_flight = {batch.conversation_key for task in self.outstanding.values() for batch in task.batches}
        awake = [key for key in KEYS if self.blocked.get(key, 0) <= self.now]
        return [key for key in awake if self.waiting[key] and key not in in_flight]

    def check_task(self, task: PlannedTask[Record]) -> None:
        in_flight = {batch.conversation_key for other in self.outstanding.values() for batch in other.batches}
        records = [record for batch in task.batches for record in batch.records]
        size = sum(size for _, size in records)
        budget = self.budgets[task.queue]
        most = budget.records
        assert self.now >= (budget.opens_at or 0)
        budget.sent(self.now)
        assert len(records) <= most
        assert size <= self.most_bytes or len(records) == 1
        assert len({batch.conversation_key for batch in task.batches}) == len(task.batches)
        for batch in task.batches:
            key, mine = batch.conversation_key, list(batch.records)
            assert key not in in_flight
            assert queue_of(key) == task.queue
            assert self.blocked.get(key, 0) <= self.now
            assert mine
            assert mine == self.waiting[key][: len(mine)]
            if left := self.waiting[key][len(mine) :]:
                assert len(records) == most or size + left[0][1] > self.most_bytes
        assert task.losses == max(self.losses[batch.conversation_key] for batch in task.batches)
        assert task.number not in self.outstanding
        assert task.number not in self.over

    @precondition(lambda self: self.outstanding)
    @rule(index=st.integers(0, 10), answers=ANSWERS, seconds=st.floats(0, 4))
    def answer(self, index: int, answers: list[str], seconds: float = 1.0) -> None:
        number = list(self.outstanding)[index % len(self.outstanding)]
        task = self.outstanding.pop(number)
        self.over.append(number)
        assert self.scheduler.answered(number) == task
        done = 0
        for batch, answer in zip(task.batches, answers, strict=False):
            key = batch.conversation_key
            if answer == "succeeded":
                self.scheduler.succeeded(batch)
                self.done.update(batch.records)
                self.waiting[key] = self.waiting[key][len(batch.records) :]
                self.failures[key] = self.losses[key] = 0
                done += len(batch.records)
            elif answer == "failed":
                self.scheduler.failed(batch, self.now)
                self.failures[key] += 1
                self.blocked[key] = self.now + self.backoff.delay(self.failures[key])
            else:
                self.scheduler.hold(batch)
                self.blocked[key] = math.inf
                done += len(batch.records)
        self.scheduler.measured(task, done, seconds, self.now)
        held = sum(len(batch.records) for batch in task.batches)
        self.budgets[task.queue].answered(len(task.batches), held, done, seconds, self.now)

    @rule(tries=st.integers(1, 3))
    def do_nothing_for_a_while(self, tries: int) -> None:
        """As workers do where Cassandra is away."""
        for _ in range(tries):
            self.plan()
            for _ in list(self.outstanding):
                self.answer(0, NOTHING_DONE)
            self.now += 1

    @precondition(lambda self: self.outstanding)
    @rule(index=st.integers(0, 10))
    def lose(self, index: int) -> None:
        number = list(self.outstanding)[index % len(self.outstanding)]
        assert self.scheduler.lost(number)
        task = self.outstanding[number]
        self.budgets[task.queue].lost(sum(len(batch.records) for batch in task.batches))
        self.put_back(number)

    @precondition(lambda self: self.outstanding)
    @rule()
    def lose_all(self) -> None:
        """As if Redis is flushed."""
        assert self.scheduler.lose_all() == len(self.outstanding)
        for number in list(self.outstanding):
            self.put_back(number)

    def put_back(self, number: int) -> None:
        self.over.append(number)
        self.losses.update(batch.conversation_key for batch in self.outstanding.pop(number).batches)

    @precondition(lambda self: self.over)
    @rule(index=st.integers(0, 100))
    def answer_late(self, index: int) -> None:
        number = self.over[index % len(self.over)]
        assert self.scheduler.answered(number) is None
        assert not self.scheduler.lost(number)

    @rule(key=st.sampled_from(KEYS))
    def drop(self, key: str) -> None:
        """Its records never come back, and the others of a task with some of them are ready again."""
        given_up = [
            number
            for number, task in self.outstanding.items()
            if any(batch.conversation_key == key for batch in task.batches)
        ]
        dropped = self.scheduler.drop(key)
        assert dropped == self.waiting[key]
        self.done.update(dropped)
        self.waiting[key] = []
        self.dropped.add(key)
        for number in given_up:
            self.put_back(number)

    @invariant()
    def outstanding_tasks_are_known(self) -> None:
        assert self.scheduler.outstanding == self.outstanding

    @invariant()
    def whoever_waits_for_a_backoff_is_woken_in_time(self) -> None:
        ends = [at for at in self.blocked.values() if self.now < at < math.inf]
        ready = {queue_of(key) for key in self.ready_keys()}
        ends += [at for queue in ready if (at := self.budgets[queue].opens_at) is not None and self.now < at]
        retry_at = self.scheduler.next_plan_at(self.now)
        assert not ends or (retry_at is not None and retry_at <= min(ends))

    def teardown(self) -> None:
        """When all goes well from now on, every record is done once."""
        for key in KEYS:
            if self.blocked.get(key) == math.inf:
                self.drop(key)
        for _ in range(self.count + len(self.outstanding) + 1):
            self.now += self.backoff.longest
            self.plan()
            for _ in list(self.outstanding):
                self.answer(0, ["succeeded"] * len(KEYS))
        assert not any(self.waiting.values())
        assert sorted(number for number, _ in self.done.elements()) == list(range(self.count))


TestScheduledRecords = ScheduledRecords.TestCase
