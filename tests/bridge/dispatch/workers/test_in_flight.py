"""What is known of tasks between their sending and their answer."""

import pytest

from bridge.dispatch.work import OutgoingTask, TaskKind
from bridge.dispatch.workers.in_flight import InFlight
from bridge.dispatch.workers.task_counts import TaskCounts
from chat_tasks.formats.tasks import Reply
from chat_tasks.settings import Settings

SETTINGS = Settings(queues=2, task_deadline=2)
FIRST = OutgoingTask(TaskKind.APPEND, 0, "append-1-0", "name", 1, b"", "", 0, 1)
SECOND = OutgoingTask(TaskKind.LATEST, 0, "latest-1-0", "name", 0, b"", "", 0, 1)


@pytest.fixture
def in_flight() -> InFlight:
    """Two tasks were sent at second 10."""
    one = InFlight(SETTINGS, TaskCounts())
    one.add([FIRST, SECOND], 10)
    one.sent([FIRST, SECOND], 10)
    return one


@pytest.mark.parametrize("task_id", ["append-2-0", "latest-1-1", "nonsense", ""])
def test_a_reply_to_what_is_not_in_flight_has_no_task(in_flight: InFlight, task_id: str) -> None:
    assert in_flight.find(task_id) is None
    in_flight.answered(Reply(task_id, 0.5, []), 11)
    assert in_flight.find(FIRST.task_id) == FIRST


def test_an_answered_task_is_in_flight_no_more_and_never_overdue(in_flight: InFlight) -> None:
    in_flight.answered(Reply(FIRST.task_id, 0.5, []), 11)
    assert in_flight.find(FIRST.task_id) is None
    assert in_flight.overdue(12) == [SECOND]


def test_the_oldest_task_of_a_queue_is_the_first_that_is_not_answered(in_flight: InFlight) -> None:
    in_flight.add([OutgoingTask(TaskKind.APPEND, 0, "append-1-1", "name", 0, b"", "", 0, 1)], 12)
    assert (in_flight.oldest(0, 13), in_flight.oldest(1, 13)) == (3, 3)
    in_flight.answered(Reply(SECOND.task_id, 0.5, []), 13)
    assert (in_flight.oldest(0, 13), in_flight.oldest(1, 13)) == (1, 3)
    in_flight.clear()
    assert in_flight.oldest(0, 13) == 0


def test_what_is_overdue_is_looked_for_and_lost_if_it_is_not_in_its_queue(in_flight: InFlight) -> None:
    assert in_flight.overdue(11.9) == []
    assert in_flight.overdue(12) == [FIRST, SECOND]
    assert in_flight.looked_for([FIRST.task_id, SECOND.task_id], {SECOND.task_id}, 12.1) == [FIRST]
    assert in_flight.find(FIRST.task_id) is None
    assert in_flight.overdue(14) == []
    assert in_flight.overdue(14.1) == [SECOND], "its deadline has begun anew"


def test_what_was_answered_meanwhile_is_not_lost(in_flight: InFlight) -> None:
    assert in_flight.overdue(12) == [FIRST, SECOND]
    in_flight.answered(Reply(FIRST.task_id, 0.5, []), 12)
    assert in_flight.looked_for([FIRST.task_id, SECOND.task_id], set(), 12.1) == [SECOND]


def test_they_are_looked_for_twice_a_second_at_most(in_flight: InFlight) -> None:
    assert in_flight.overdue(12) == [FIRST, SECOND]
    third = SECOND._replace(task_id="latest-1-1", number=1)
    in_flight.add([third], 10.1)
    in_flight.sent([third], 10.1)
    assert in_flight.overdue(12.2) == []
    assert in_flight.overdue(12.5) == [third]


def test_what_was_dropped_is_not_awaited_though_it_is_sent_only_now(in_flight: InFlight) -> None:
    in_flight.clear()
    in_flight.sent([FIRST], 10.5)
    assert in_flight.overdue(100) == []
    assert in_flight.find(FIRST.task_id) is None


def test_the_limit_follows_how_many_are_worked_on(in_flight: InFlight) -> None:
    before = in_flight.limit
    for number in range(50):
        tasks = [FIRST._replace(task_id=f"append-1-{number}-{one}") for one in range(6)]
        in_flight.add(tasks, number)
        for task in tasks:
            in_flight.answered(Reply(task.task_id, 1.0, []), number + 1)
    assert in_flight.limit > before


def test_tasks_of_a_queue_that_nobody_serves_leave_room_for_those_of_others(in_flight: InFlight) -> None:
    before = in_flight.limit
    assert in_flight.overdue(100) == [FIRST, SECOND]
    in_flight.looked_for([FIRST.task_id, SECOND.task_id], {FIRST.task_id}, 100)
    assert in_flight.limit == before + 1
    in_flight.answered(Reply(FIRST.task_id, 0.5, []), 101)
    assert in_flight.limit == before


def test_tasks_of_a_queue_that_nobody_serves_do_not_look_like_work(in_flight: InFlight) -> None:
    """The limit would grow by tasks that no worker works on."""
    alone = InFlight(SETTINGS, TaskCounts())
    stuck = [FIRST._replace(task_id=f"append-1-{number}", number=number) for number in range(1, 8)]
    in_flight.add(stuck, 10)
    in_flight.sent(stuck, 10)
    asked = [task.task_id for task in in_flight.overdue(100) if task.queue == FIRST.queue]
    in_flight.looked_for(asked, set(asked), 100)
    with_stuck = in_flight.limit - len(asked)
    for number in range(50):
        for one in (in_flight, alone):
            if number:
                one.add([SECOND._replace(task_id=f"latest-1-{number}")], number)
            else:
                one.add([SECOND], number)
            one.answered(Reply(f"latest-1-{number}", 1.0, []), number + 1)
    assert in_flight.limit - len(asked) == alone.limit == with_stuck


def deadline_of(in_flight: InFlight, losses: int, now: int = 1_000) -> float:
    """Seconds from the sending of a task until it is overdue."""
    task = FIRST._replace(task_id="append-1-7", losses=losses)
    in_flight.clear()
    in_flight.add([task], now)
    in_flight.sent([task], now)
    return next(tenths / 10 for tenths in range(10_000) if in_flight.overdue(now + tenths / 10))


@pytest.mark.parametrize(("losses", "seconds"), [(0, 2), (1, 4), (2, 8), (3, 16), (4, 30), (1_000, 30)])
def test_a_deadline_doubles_with_each_loss_up_to_30_seconds(in_flight: InFlight, losses: int, seconds: float) -> None:
    assert deadline_of(in_flight, losses) == seconds


def test_a_deadline_above_30_seconds_is_kept() -> None:
    assert deadline_of(InFlight(SETTINGS.model_copy(update={"task_deadline": 100}), TaskCounts()), losses=5) == 100


def test_tasks_that_take_long_are_waited_for_longer_up_to_10_seconds_and_not_for_ever(in_flight: InFlight) -> None:
    in_flight.answered(Reply("a late one", 1.5, []), 11)
    assert deadline_of(in_flight, losses=0) == 4.5
    in_flight.answered(Reply("a late one", 60, []), 11)
    assert deadline_of(in_flight, losses=0, now=2_000) == 10
    for _ in range(50):
        in_flight.answered(Reply("a late one", 0.01, []), 11)
    assert deadline_of(in_flight, losses=0, now=3_000) == 2
