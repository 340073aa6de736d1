"""Calls that block are made elsewhere; what comes of one that was sent for an earlier assignment is told apart."""

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event

import pytest

from bridge.dispatch.servers.background_calls import BackgroundCalls, CallDone

PATIENCE_SECONDS = 60.0


@pytest.fixture
def posted() -> SimpleQueue[object]:
    """What the calls posted."""
    return SimpleQueue()


@pytest.fixture
def calls(posted: SimpleQueue[object]) -> Iterator[BackgroundCalls]:
    """Some that end with the test."""
    calls = BackgroundCalls(posted.put)
    yield calls
    calls.close()


@pytest.fixture
def results() -> list[object]:
    """What was taken of the calls."""
    return []


def finish_next(calls: BackgroundCalls, posted: SimpleQueue[object]) -> None:
    """Take the next one that has ended, as the loop does."""
    event = posted.get(timeout=PATIENCE_SECONDS)
    assert isinstance(event, CallDone)
    calls.finish(event)


def test_what_a_call_returned_is_taken(
    calls: BackgroundCalls, posted: SimpleQueue[object], results: list[object]
) -> None:
    calls.send("nodes", lambda: "all of them", results.append)
    finish_next(calls, posted)
    assert results == ["all of them"]


def test_what_a_call_raised_is_raised(
    calls: BackgroundCalls, posted: SimpleQueue[object], results: list[object]
) -> None:
    def fail() -> None:
        raise ValueError("no")

    calls.send("nodes", fail, results.append)
    with pytest.raises(ValueError, match="no"):
        finish_next(calls, posted)
    assert results == []
    assert not calls.is_under_way("nodes")


def test_a_name_that_is_under_way_is_not_begun_again(
    calls: BackgroundCalls, posted: SimpleQueue[object], results: list[object]
) -> None:
    go_on = Event()
    calls.send("purge", lambda: go_on.wait(PATIENCE_SECONDS), results.append)
    calls.send("purge", lambda: "the second one", results.append)
    assert calls.is_under_way("purge")

    go_on.set()
    finish_next(calls, posted)
    assert not calls.is_under_way("purge")
    calls.send("purge", lambda: "the third one", results.append)
    finish_next(calls, posted)
    assert results == [True, "the third one"]


def test_what_was_sent_for_an_earlier_assignment_is_passed_over(
    calls: BackgroundCalls, posted: SimpleQueue[object], results: list[object]
) -> None:
    go_on = Event()
    calls.send("forget", lambda: go_on.wait(PATIENCE_SECONDS), results.append)
    calls.begin_anew()
    go_on.set()
    finish_next(calls, posted)
    assert results == []
    calls.send("forget", lambda: "for the new one", results.append)
    finish_next(calls, posted)
    assert results == ["for the new one"]
