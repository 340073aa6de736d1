"""Noticing that nothing gets done, though something could be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.loop.stall_detector import StallDetector


def observe(detector: StallDetector, now: float, progress: int) -> bool:
    """With work to do and servers that answer."""
    return detector.observe(now, progress, has_work=True, servers_answer=True)


def test_no_progress_is_bad_luck_until_the_timeout() -> None:
    detector = StallDetector(timeout=30)
    assert [observe(detector, now, progress=7) for now in (0, 1, 30.9, 31)] == [False, False, False, True]


def test_any_progress_starts_the_time_anew() -> None:
    detector = StallDetector(timeout=30)
    assert not observe(detector, 0, progress=7)
    assert not observe(detector, 29, progress=8)
    assert not observe(detector, 30, progress=8)
    assert not observe(detector, 59, progress=8)
    assert observe(detector, 60, progress=8)


@pytest.mark.parametrize(("has_work", "servers_answer"), [(False, True), (True, False), (False, False)])
def test_time_without_work_or_servers_does_not_count(has_work: bool, servers_answer: bool) -> None:
    detector = StallDetector(timeout=30)
    assert not observe(detector, 0, progress=7)
    assert not detector.observe(20, 7, has_work=has_work, servers_answer=servers_answer)
    assert not observe(detector, 40, progress=7)
    assert not observe(detector, 69, progress=7)
    assert observe(detector, 70, progress=7)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 2), st.booleans(), st.booleans()), max_size=30))
def test_it_has_stalled_only_after_the_timeout_without_any_of_these(
    observations: list[tuple[int, int, bool, bool]],
) -> None:
    detector = StallDetector(timeout=30)
    now, previous, stuck = 0, None, 0
    for seconds, progress, has_work, servers_answer in observations:
        now += seconds
        is_stuck = progress == previous and has_work and servers_answer
        stuck = stuck + seconds if is_stuck else 0
        stalled = detector.observe(now, progress, has_work=has_work, servers_answer=servers_answer)
        assert not stalled or stuck >= 30
        previous = progress
