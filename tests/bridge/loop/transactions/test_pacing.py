"""Transactions follow each other closely while there is little to publish, and less so under load."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.kafka.transaction import OUTPUTS_PER_TRANSACTION
from bridge.loop.transactions.pacing import Pace


def pause_after(outputs: int, took: float, *, is_full: bool = False) -> float:
    """The pause after the first transaction, of which no rate is known yet."""
    return Pace(0.025).pause_after(outputs, 7.0, took, is_full=is_full)


def settled(pace: Pace, rate: float, took: float = 0.002) -> float:
    """The pause after some time in which records came at a steady rate, each time as many as the pause lets come."""
    now, pause, published = 0.0, 0.005, 0
    for _ in range(2_000):
        now += pause
        due = int(rate * now) - published
        published += due
        pause = pace.pause_after(due, now, took)
    return pause


def test_few_outputs_wait_for_5_milliseconds_and_many_for_100() -> None:
    assert pause_after(0, took=0.001) == pause_after(20, took=0.001) == 0.005
    assert pause_after(200, took=0.01) == 0.05
    assert pause_after(400, took=0.01) == pause_after(1_000_000, took=0.01) == 0.1


def test_a_transaction_that_takes_long_leaves_as_much_time_to_others_and_nobody_waits_for_ever() -> None:
    assert pause_after(0, took=0.03) == 0.06
    assert pause_after(4_000, took=0.2) == 0.4
    assert pause_after(0, took=5.0) == 0.5


def test_after_a_full_transaction_the_next_one_comes_soon_however_long_it_took() -> None:
    assert pause_after(OUTPUTS_PER_TRANSACTION, took=5.0) == 0.1
    assert pause_after(10, took=5.0, is_full=True) == 0.005


def test_the_shortest_pause_grows_with_the_rate_where_that_is_wanted() -> None:
    assert settled(Pace(0.025), 100) == pytest.approx(0.009, abs=0.003)
    assert settled(Pace(0.025), 1_000) == 0.025
    assert settled(Pace(), 1_000) == 0.005


def test_after_a_rest_the_pause_is_short_again() -> None:
    pace = Pace(0.025)
    assert settled(pace, 1_000) == 0.025
    assert pace.pause_after(1, 1_000.0, 0.001) == pytest.approx(0.005, abs=0.001)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.floats(0, 10), st.floats(0, 10), st.booleans()), max_size=20))
def test_a_pause_is_between_5_milliseconds_and_half_a_second(
    transactions: list[tuple[int, float, float, bool]],
) -> None:
    pace = Pace(0.025)
    now = 0.0
    for outputs, pause, took, is_full in transactions:
        now += pause
        assert 0.005 <= pace.pause_after(outputs, now, took, is_full=is_full) <= 0.5
