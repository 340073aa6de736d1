"""Enough tasks to keep every worker busy, and hardly more."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.dispatch.scheduling.concurrency_limit import ConcurrencyLimit


def settle(limit: ConcurrencyLimit, workers: int, service: float = 0.01) -> None:
    """Answer tasks as that many workers would, always at the limit, until it changes no more."""
    for _ in range(300):
        outstanding = limit.tasks
        waits = max(1.0, outstanding / workers)
        limit.observe(outstanding, service * waits, service)


@given(st.integers(1, 30))
def test_it_finds_the_number_of_workers(workers: int) -> None:
    limit = ConcurrencyLimit(highest=100)
    settle(limit, workers)
    assert workers < limit.tasks <= 2 * workers + 2


def test_it_follows_when_workers_come_and_go() -> None:
    limit = ConcurrencyLimit(highest=100)
    settle(limit, 2)
    few = limit.tasks
    settle(limit, 12)
    assert limit.tasks > 12
    settle(limit, 2)
    assert limit.tasks == few


def test_it_keeps_to_the_slots_that_there_are() -> None:
    limit = ConcurrencyLimit(highest=8)
    settle(limit, 50)
    assert limit.tasks == 8


def test_a_clock_that_stood_still_does_no_harm() -> None:
    limit = ConcurrencyLimit(highest=8)
    limit.observe(1, 0.0, 0.0)
    assert limit.tasks >= 2
