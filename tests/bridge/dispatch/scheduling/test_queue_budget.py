"""A task takes a moment, however fast the servers are; if nothing gets done there is a probe now and then."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dispatch.scheduling.queue_budget import QueueBudget
from chat_tasks.backoff import Backoff

MOMENT = 0.15
SEVERAL = 3


def new_budget(most: int = 3000, least: int = 10) -> QueueBudget:
    """Its probes are two to four seconds apart, then four to eight."""
    return QueueBudget(most, MOMENT, least, Backoff(first=4, longest=8))


def settled(budget: QueueBudget, records_per_second: float) -> int:
    """After a hundred full tasks."""
    for _ in range(100):
        budget.answered(SEVERAL, budget.records, budget.records, budget.records / records_per_second, 0)
    return budget.records


def nothing_done(budget: QueueBudget, tasks: int, *, conversations: int = SEVERAL, now: float = 0) -> None:
    for _ in range(tasks):
        budget.answered(conversations, budget.records, 0, 1.0, now)


@given(st.floats(10 / MOMENT, 3000 / MOMENT), st.floats(1, 1e6))
def test_a_task_comes_to_take_a_moment(records_per_second: float, before: float) -> None:
    budget = new_budget()
    settled(budget, before)
    assert settled(budget, records_per_second) == pytest.approx(records_per_second * MOMENT, abs=1)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5000), st.floats(0, 1), st.floats(0, 100) | st.none())),
    st.integers(1, 5000),
)
def test_it_stays_within_its_bounds(tasks: list[tuple[int, int, float, float | None]], most: int) -> None:
    budget = new_budget(most)
    for conversations, held, share, seconds in tasks:
        before = budget.records
        if seconds is None:
            budget.lost(held)
        else:
            budget.answered(conversations, held, round(held * share), seconds, 0)
        assert min(10, most) <= budget.records <= most
        assert before / 2 - 1 <= budget.records <= before * 2 + 1


@pytest.mark.parametrize("seconds", [0, 0.0001, 0.14, 5.0])
def test_a_small_task_says_nothing_of_large_ones(seconds: float) -> None:
    budget = new_budget()
    large = settled(budget, 10_000)
    budget.answered(1, 1, 1, seconds, 0)
    assert budget.records == large


def test_a_task_that_is_hardly_full_and_done_in_time_is_no_reason_for_smaller_ones() -> None:
    budget = new_budget()
    large = settled(budget, 10_000)
    budget.answered(SEVERAL, large // 2 + 1, large // 2 + 1, 0.14, 0)
    assert budget.records == large


def test_if_a_task_takes_its_time_whatever_it_holds_it_does_not_get_small() -> None:
    budget = new_budget(least=100)
    for _ in range(10):
        budget.answered(SEVERAL, budget.records, budget.records, 1.0, 0)
    assert budget.records == 100


def test_it_halves_with_each_task_of_which_nothing_got_done() -> None:
    budget = new_budget()
    large = settled(budget, 10_000)
    nothing_done(budget, 1)
    assert budget.records == large // 2
    assert budget.opens_at is None


def test_it_halves_once_for_all_tasks_that_are_lost_together() -> None:
    budget = new_budget()
    large = settled(budget, 10_000)
    for _ in range(8):
        budget.lost(large)
    assert budget.records == large // 2
    budget.lost(large // 2)
    assert budget.records == large // 4


def test_a_small_task_that_is_lost_says_nothing_of_large_ones() -> None:
    budget = new_budget()
    large = settled(budget, 10_000)
    budget.lost(10)
    assert budget.records == large


def test_tasks_that_are_lost_bring_no_probes() -> None:
    budget = new_budget()
    for _ in range(20):
        budget.lost(budget.records)
    assert (budget.records, budget.opens_at) == (10, None)


def test_one_conversation_that_cannot_be_written_says_nothing_of_the_others() -> None:
    budget = new_budget()
    before = budget.records
    nothing_done(budget, 100, conversations=1)
    assert (budget.records, budget.opens_at) == (before, None)


def test_at_its_floor_there_are_probes_further_and_further_apart() -> None:
    budget = new_budget()
    nothing_done(budget, 10, now=1)
    assert budget.records == 10
    first = budget.opens_at
    assert first is not None
    assert 3 <= first <= 5
    budget.sent(20)
    second = budget.opens_at
    assert second is not None
    assert 24 <= second <= 28


def test_what_was_sent_before_and_comes_back_undone_delays_no_probe() -> None:
    budget = new_budget()
    nothing_done(budget, 10, now=1)
    first = budget.opens_at
    nothing_done(budget, 10, now=2)
    assert budget.opens_at == first


def test_the_first_thing_done_ends_the_probes_and_it_grows_again() -> None:
    budget = new_budget(least=100)
    nothing_done(budget, 10)
    sizes = []
    for _ in range(6):
        budget.answered(SEVERAL, budget.records, budget.records, 1.0, 0)
        budget.sent(0)
        assert budget.opens_at is None
        sizes.append(budget.records)
    assert sizes == [20, 40, 80, 100, 100, 100]


def test_what_fails_now_and_then_brings_no_probes() -> None:
    budget = new_budget()
    for _ in range(10):
        nothing_done(budget, 1)
        budget.answered(SEVERAL, budget.records, budget.records, 0.01, 0)
    assert budget.opens_at is None
    assert budget.records > 10
