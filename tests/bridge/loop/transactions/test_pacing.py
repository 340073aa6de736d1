"""Transactions follow each other closely while there is little to publish, and less so under load."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.kafka.transaction import OUTPUTS_PER_TRANSACTION
from bridge.loop.transactions.pacing import pause_after


def test_a_few_outputs_wait_for_25_milliseconds_and_many_for_100() -> None:
    assert pause_after(0, took=0.01) == pause_after(100, took=0.01) == 0.025
    assert pause_after(200, took=0.01) == 0.05
    assert pause_after(400, took=0.01) == pause_after(1_000_000, took=0.01) == 0.1


def test_a_transaction_that_takes_long_leaves_as_much_time_to_others_and_nobody_waits_for_ever() -> None:
    assert pause_after(0, took=0.03) == 0.06
    assert pause_after(4_000, took=0.2) == 0.4
    assert pause_after(0, took=5.0) == 0.5


def test_after_a_full_transaction_the_next_one_comes_soon_however_long_it_took() -> None:
    assert pause_after(OUTPUTS_PER_TRANSACTION, took=5.0) == 0.1
    assert pause_after(10, took=5.0, is_full=True) == 0.025


@given(st.floats(1, 1_000_000))
def test_the_pace_settles_at_a_steady_rate(rate: float) -> None:
    pause = 0.025
    for _ in range(100):
        pause = pause_after(round(rate * pause), took=0.01)
    assert pause in (0.025, 0.1) or abs(rate - 4000) <= 100
