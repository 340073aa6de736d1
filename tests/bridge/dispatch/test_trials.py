"""A task now and then where nothing comes back done."""

import pytest

from bridge.dispatch.trials import Trials
from chat_tasks.backoff import Backoff

A, B = 1, 2


@pytest.fixture
def trials() -> Trials:
    """They are two to four seconds apart, then four to eight."""
    return Trials(Backoff(first=4, longest=8))


def nothing_done(trials: Trials, queue: int, *, until: float) -> None:
    """Since second 0."""
    for now in (0, until):
        for key in ("ann", "bob", "eve"):
            trials.undone(queue, key, now)


def test_what_fails_now_and_then_is_no_reason(trials: Trials) -> None:
    for now in range(10):
        trials.undone(A, "ann", now)
        trials.undone(A, "bob", now)
        trials.done(A)
    assert trials.next_at(A) is None


def test_failures_within_half_a_second_are_none_either(trials: Trials) -> None:
    nothing_done(trials, A, until=0.4)
    assert trials.next_at(A) is None


def test_nor_is_one_conversation_alone(trials: Trials) -> None:
    for now in range(100):
        trials.undone(A, "ann", now)
    assert trials.next_at(A) is None


def test_half_a_second_of_nothing_else_is(trials: Trials) -> None:
    nothing_done(trials, A, until=0.5)
    first = trials.next_at(A)
    assert first is not None
    assert 2.5 <= first <= 4.5


def test_they_come_further_apart_whatever_becomes_of_them(trials: Trials) -> None:
    nothing_done(trials, A, until=1)
    trials.sent(A, 20)
    second = trials.next_at(A)
    assert second is not None
    assert 24 <= second <= 28


def test_what_was_sent_before_and_comes_back_undone_delays_none(trials: Trials) -> None:
    nothing_done(trials, A, until=1)
    first = trials.next_at(A)
    trials.undone(A, "ann", 2)
    assert trials.next_at(A) == first


def test_the_first_thing_done_ends_them(trials: Trials) -> None:
    nothing_done(trials, A, until=1)
    trials.done(A)
    assert trials.next_at(A) is None
    trials.undone(A, "ann", 1.1)
    trials.undone(A, "bob", 1.2)
    trials.sent(A, 1.3)
    assert trials.next_at(A) is None


def test_each_queue_has_its_own(trials: Trials) -> None:
    nothing_done(trials, A, until=1)
    nothing_done(trials, B, until=1)
    trials.done(B)
    assert trials.next_at(A) is not None
    assert trials.next_at(B) is None
