"""Which records go to the workers next."""

import math

import pytest

from bridge.dispatch.scheduling.queue_budget import QueueBudget
from bridge.dispatch.scheduling.scheduler import Batch, PlannedTask, Scheduler
from chat_tasks.backoff import Backoff

MANY = 1_000


def scheduler(tasks_per_queue: int = 1, records: int = 10, size: int = 1000) -> Scheduler[str]:
    """Conversations have a queue by their first letter; a record's size is its length."""
    return Scheduler(
        queue_of=lambda key: ord(key[0]),
        size_of=len,
        tasks_per_queue=tasks_per_queue,
        task_bytes=size,
        budget=lambda: QueueBudget(records, 1.0, backoff=Backoff(first=8, longest=8)),
        backoff=Backoff(first=8, longest=8),
    )


def plan(one: Scheduler[str], now: float = 0, tasks: int = MANY) -> list[PlannedTask[str]]:
    """The tasks, all of them taken."""
    return list(one.plan(now, tasks))


def contents(tasks: list[PlannedTask[str]]) -> list[dict[str, tuple[str, ...]]]:
    """The records of each task by conversation."""
    return [{batch.conversation_key: tuple(batch.records) for batch in task.batches} for task in tasks]


def succeed(one: Scheduler[str], task: PlannedTask[str]) -> None:
    """All its batches."""
    assert one.answered(task.number) == task
    for batch in task.batches:
        one.succeeded(batch)
    one.measured(task, sum(len(batch.records) for batch in task.batches), 0.1, 0)


def test_a_task_takes_all_that_is_ready_of_its_queue() -> None:
    one = scheduler()
    for key, record in [("ann", "1"), ("abe", "2"), ("ann", "3"), ("bob", "4")]:
        one.add(key, record)
    assert contents(plan(one)) == [{"ann": ("1", "3"), "abe": ("2",)}, {"bob": ("4",)}]


def test_what_comes_meanwhile_waits_for_the_answer_and_goes_together() -> None:
    one = scheduler()
    one.add("ann", "1")
    [first] = plan(one)
    one.add("ann", "2")
    one.add("ann", "3")
    assert plan(one) == []
    succeed(one, first)
    assert contents(plan(one)) == [{"ann": ("2", "3")}]


def test_a_conversation_has_one_batch_in_flight_even_where_slots_are_free() -> None:
    one = scheduler(tasks_per_queue=5)
    one.add("ann", "1")
    assert len(plan(one)) == 1
    one.add("ann", "2")
    one.add("abe", "3")
    assert contents(plan(one)) == [{"abe": ("3",)}]


def test_a_full_task_leaves_the_rest_for_the_next() -> None:
    one = scheduler(records=2)
    for number in range(3):
        one.add("ann", str(number))
    [first] = plan(one)
    assert contents([first]) == [{"ann": ("0", "1")}]
    succeed(one, first)
    assert contents(plan(one)) == [{"ann": ("2",)}]


def test_a_record_above_the_bytes_goes_alone() -> None:
    one = scheduler(tasks_per_queue=3, size=10)
    for key, record in [("ann", "x" * 11), ("abe", "small"), ("amy", "x" * 6)]:
        one.add(key, record)
    assert contents(plan(one)) == [{"ann": ("x" * 11,)}, {"abe": ("small",)}, {"amy": ("x" * 6,)}]


def test_conversations_take_turns() -> None:
    one = scheduler(records=1)
    for key, record in [("ann", "1"), ("ann", "2"), ("abe", "3")]:
        one.add(key, record)
    [first] = plan(one)
    succeed(one, first)
    assert contents(plan(one)) == [{"abe": ("3",)}]


def test_queues_take_turns_where_only_few_tasks_may_be_outstanding() -> None:
    one = scheduler(records=1)
    for key in ("ann", "bob", "eve"):
        for number in range(3):
            one.add(key, str(number))
    order = []
    for _ in range(6):
        [task] = plan(one, tasks=1)
        order.append(task.batches[0].conversation_key)
        succeed(one, task)
    assert sorted(order[:3]) == sorted(order[3:]) == ["ann", "bob", "eve"]


def test_a_failed_batch_waits_for_its_backoff_with_what_comes_meanwhile() -> None:
    one = scheduler()
    one.add("ann", "1")
    [first] = plan(one)
    one.answered(first.number)
    one.failed(first.batches[0], now=100)
    one.add("ann", "2")
    retry_at = one.next_plan_at(100)
    assert retry_at is not None
    assert 104 <= retry_at <= 108
    assert plan(one, now=103.9) == []
    assert contents(plan(one, now=retry_at)) == [{"ann": ("1", "2")}]
    assert one.next_plan_at(retry_at) is None


def test_one_that_fails_again_and_again_waits_longer() -> None:
    one = Scheduler[str](
        lambda _: 0,
        len,
        tasks_per_queue=1,
        task_bytes=1000,
        budget=lambda: QueueBudget(10, 1.0),
        backoff=Backoff(first=1, longest=1000),
    )
    one.add("ann", "1")
    now, waited = 0.0, []
    for _ in range(6):
        [task] = plan(one, now)
        one.answered(task.number)
        one.failed(task.batches[0], now)
        retry_at = one.next_plan_at(now)
        assert retry_at is not None
        waited.append(retry_at - now)
        now = retry_at
    assert all(2**failures / 2 <= seconds <= 2**failures for failures, seconds in enumerate(waited))


def fail(one: Scheduler[str], task: PlannedTask[str], now: float) -> None:
    """All its batches."""
    assert one.answered(task.number) == task
    for batch in task.batches:
        one.failed(batch, now)
    one.measured(task, 0, 0.1, now)


def test_a_queue_of_which_nothing_gets_done_gets_a_probe_now_and_then() -> None:
    one = scheduler(tasks_per_queue=5, records=2)
    for key in ("ann", "abe", "amy", "ada", "bob"):
        one.add(key, "1")
    [task, _, bob] = plan(one)
    fail(one, task, now=0)
    succeed(one, bob)
    one.add("ash", "1")
    one.add("bea", "1")
    assert contents(plan(one, now=1)) == [{"bea": ("1",)}], "the other queue goes on as ever"
    assert plan(one, now=3.9) == []
    opens_at = one.next_plan_at(3.9)
    assert opens_at is not None
    assert opens_at <= 8
    [probe] = plan(one, now=8)
    one.add("ava", "1")
    assert plan(one, now=8) == []
    [next_probe] = plan(one, now=16)
    assert one.lost(probe.number)
    succeed(one, next_probe)
    one.add("ali", "1")
    assert len(plan(one, now=16)) == 2


def test_a_lost_task_is_planned_anew_with_its_losses() -> None:
    one = scheduler()
    one.add("ann", "1")
    [first] = plan(one)
    assert first.losses == 0
    assert one.lost(first.number)
    one.add("ann", "2")
    [second] = plan(one)
    assert contents([second]) == [{"ann": ("1", "2")}]
    assert second.losses == 1
    succeed(one, second)
    one.add("ann", "3")
    assert [task.losses for task in plan(one)] == [0]


def test_a_late_reply_is_none() -> None:
    one = scheduler()
    one.add("ann", "1")
    [first] = plan(one)
    assert one.lost(first.number)
    assert one.answered(first.number) is None
    assert not one.lost(first.number)


def test_held_records_stay_until_they_are_dropped() -> None:
    one = scheduler()
    one.add("ann", "1")
    [first] = plan(one)
    one.answered(first.number)
    one.hold(first.batches[0])
    one.add("ann", "2")
    assert plan(one, now=math.inf) == []
    assert one.drop("ann") == ["1", "2"]
    assert plan(one, now=math.inf) == []


def test_dropping_a_conversation_without_records_gives_none() -> None:
    assert scheduler().drop("ann") == []


def test_dropping_takes_ready_records_too() -> None:
    one = scheduler()
    one.add("ann", "1")
    assert one.drop("ann") == ["1"]
    assert plan(one) == []


def test_outstanding_tasks_are_listed_oldest_first() -> None:
    one = scheduler()
    for key in ("eve", "ann", "bob"):
        one.add(key, "1")
    tasks = plan(one)
    assert list(one.outstanding.values()) == tasks
    assert [task.number for task in tasks] == [0, 1, 2]


def test_a_batch_can_be_answered_once() -> None:
    one = scheduler()
    one.add("ann", "1")
    [task] = plan(one)
    succeed(one, task)
    with pytest.raises(KeyError):
        one.succeeded(Batch("ann", ["1"]))
