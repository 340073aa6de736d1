"""Waiting longer after each failure."""

from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.backoff import Backoff

failures = st.integers(1, 10_000)


def test_the_bound_doubles_up_to_the_longest() -> None:
    backoff = Backoff(first=0.5, longest=3)
    assert [backoff.bound(count) for count in range(1, 6)] == [0.5, 1.0, 2.0, 3, 3]


def test_the_draw_decides_between_half_and_all_of_the_bound() -> None:
    backoff = Backoff(first=1, longest=8)
    assert [backoff.delay(2, unit) for unit in (0, 0.5, 1)] == [1.0, 1.5, 2.0]


@given(failures)
def test_a_random_delay_never_leaves_that_range(count: int) -> None:
    backoff = Backoff()
    assert backoff.bound(count) / 2 <= backoff.delay(count) <= backoff.bound(count) <= backoff.longest


@given(failures)
def test_more_failures_never_shorten_it(count: int) -> None:
    assert Backoff().bound(count) <= Backoff().bound(count + 1)


def test_conversations_that_fail_together_are_not_tried_together() -> None:
    assert len({Backoff().delay(5) for _ in range(20)}) > 1
