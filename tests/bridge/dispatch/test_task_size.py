"""A task takes a moment, however fast the servers are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dispatch.task_size import TaskSize

MOMENT = 0.15


def settled(size: TaskSize, records_per_second: float) -> int:
    """After a hundred full tasks."""
    for _ in range(100):
        size.took(size.records, size.records / records_per_second)
    return size.records


@given(st.floats(10 / MOMENT, 3000 / MOMENT), st.floats(1, 1e6))
def test_a_task_comes_to_take_a_moment(records_per_second: float, before: float) -> None:
    size = TaskSize(3000, MOMENT)
    settled(size, before)
    assert settled(size, records_per_second) == pytest.approx(records_per_second * MOMENT, abs=1)


@given(st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 100))), st.integers(1, 5000))
def test_it_stays_within_its_bounds(answers: list[tuple[int, float]], most: int) -> None:
    size = TaskSize(most, MOMENT)
    for records, seconds in answers:
        size.took(records, seconds)
        assert min(10, most) <= size.records <= most


def test_a_small_task_says_nothing_of_large_ones() -> None:
    size = TaskSize(3000, MOMENT)
    large = settled(size, 10_000)
    size.took(1, 0.0001)
    assert size.records == large


def test_where_nothing_is_done_tasks_get_smaller() -> None:
    size = TaskSize(3000, MOMENT)
    before = size.records
    size.took(0, 2.0)
    assert size.records == before // 2
