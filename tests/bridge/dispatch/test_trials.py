"""One task at a time where nothing comes back done."""

import pytest

from bridge.dispatch.trials import Trials
from chat_tasks.backoff import Backoff


@pytest.fixture
def trials() -> Trials:
    """They are two to four seconds apart, then four to eight."""
    return Trials(Backoff(first=4, longest=8))


def test_what_fails_now_and_then_is_no_reason(trials: Trials) -> None:
    for now in range(10):
        trials.undone(1, now)
        trials.done(1)
    assert trials.next_at(1) is None


def test_failures_within_half_a_second_are_none_either(trials: Trials) -> None:
    trials.undone(1, 10.0)
    trials.undone(1, 10.4)
    assert trials.next_at(1) is None


def test_half_a_second_of_nothing_else_is(trials: Trials) -> None:
    trials.undone(1, 10.0)
    trials.undone(1, 10.5)
    first = trials.next_at(1)
    assert first is not None
    assert 12.5 <= first <= 14.5


def test_they_come_further_apart(trials: Trials) -> None:
    trials.undone(1, 0)
    trials.undone(1, 1)
    trials.undone(1, 20)
    second = trials.next_at(1)
    assert second is not None
    assert 24 <= second <= 28


def test_all_that_a_task_brings_back_counts_once(trials: Trials) -> None:
    trials.undone(1, 0)
    for _ in range(5):
        trials.undone(1, 1)
    first = trials.next_at(1)
    assert first is not None
    assert 3 <= first <= 5


def test_the_first_thing_done_ends_them(trials: Trials) -> None:
    trials.undone(1, 0)
    trials.undone(1, 1)
    trials.done(1)
    assert trials.next_at(1) is None
    trials.undone(1, 1.1)
    assert trials.next_at(1) is None


def test_each_queue_has_its_own(trials: Trials) -> None:
    for now in (0, 1):
        trials.undone(1, now)
        trials.undone(2, now)
    trials.done(2)
    assert trials.next_at(1) is not None
    assert trials.next_at(2) is None
