"""A task takes a moment, however fast the servers are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dispatch.task_size import TaskSize

MOMENT = 0.15


def settled(size: TaskSize, records_per_second: float) -> int:
    """After a hundred full tasks."""
    for _ in range(100):
        size.took(size.records, size.records, size.records / records_per_second)
    return size.records


@given(st.floats(10 / MOMENT, 3000 / MOMENT), st.floats(1, 1e6))
def test_a_task_comes_to_take_a_moment(records_per_second: float, before: float) -> None:
    size = TaskSize(3000, MOMENT)
    settled(size, before)
    assert settled(size, records_per_second) == pytest.approx(records_per_second * MOMENT, abs=1)


@given(st.lists(st.tuples(st.integers(1, 5000), st.floats(0, 1), st.floats(0, 100))), st.integers(1, 5000))
def test_it_stays_within_its_bounds(answers: list[tuple[int, float, float]], most: int) -> None:
    size = TaskSize(most, MOMENT)
    for held, share, seconds in answers:
        size.took(held, round(held * share), seconds)
        assert min(10, most) <= size.records <= most


@pytest.mark.parametrize("done", [0, 1])
@pytest.mark.parametrize("seconds", [0, 0.0001, 0.14, 5.0])
def test_a_small_task_says_nothing_of_large_ones(seconds: float, done: int) -> None:
    size = TaskSize(3000, MOMENT)
    large = settled(size, 10_000)
    size.took(1, done, seconds)
    assert size.records == large


def test_a_task_that_is_hardly_full_and_done_in_time_is_no_reason_for_smaller_ones() -> None:
    size = TaskSize(3000, MOMENT)
    large = settled(size, 10_000)
    size.took(large // 2 + 1, large // 2 + 1, 0.14)
    assert size.records == large


def test_where_a_task_takes_its_time_whatever_it_holds_it_does_not_get_small() -> None:
    size = TaskSize(3000, MOMENT, least=100)
    for _ in range(10):
        size.took(size.records, size.records, 1.0)
    assert size.records == 100


def test_where_nothing_was_done_it_grows_again_with_what_is() -> None:
    size = TaskSize(3000, MOMENT, least=100)
    for _ in range(10):
        size.took(size.records, 0, 1.0)
    sizes = [size.records]
    for _ in range(6):
        size.took(size.records, size.records, 1.0)
        sizes.append(size.records)
    assert sizes == [10, 20, 40, 80, 100, 100, 100]


def test_where_nothing_is_done_tasks_get_smaller() -> None:
    size = TaskSize(3000, MOMENT)
    before = size.records
    size.took(before, 0, 2.0)
    assert size.records == before // 2
