"""What is waited for, and for how long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.dispatch.scheduling.gathering import Gathering


def test_nothing_is_waited_for_where_nothing_has_come() -> None:
    assert Gathering(2.0).more_until(7.0) is None


def test_who_comes_alone_waits_for_nothing() -> None:
    one = Gathering(2.0)
    for number in range(100):
        one.arrived(10.0 * number)
        assert one.more_until(10.0 * number) is None
        one.flushed()


def test_bursts_are_waited_for_as_long_as_they_lately_took() -> None:
    one = Gathering(2.0)
    for number in range(100):
        for piece in (0.0, 0.5, 1.5):
            one.arrived(10.0 * number + piece)
        one.flushed()
    one.arrived(1_000.0)
    assert one.more_until(1_000.0) == pytest.approx(1_001.5, abs=0.01)


def test_a_piece_after_its_burst_was_flushed_does_not_wait() -> None:
    one = Gathering(2.0)
    for number in range(100):
        one.arrived(10.0 * number)
        one.arrived(10.0 * number + 0.5)
    one.arrived(1_000.0)
    one.flushed()
    one.arrived(1_001.0)
    assert one.more_until(1_001.0) is None


@given(st.lists(st.floats(0, 5), max_size=40), st.booleans())
def test_nobody_waits_longer_than_was_said(gaps: list[float], is_flushed: bool) -> None:
    one = Gathering(2.0)
    now = 0.0
    for gap in gaps:
        now += gap
        one.arrived(now)
        until = one.more_until(now)
        assert until is None or now < until <= now + 2.0
        if is_flushed:
            one.flushed()
