"""Calls that block are made elsewhere; what comes of one that was sent for an earlier assignment is told apart."""

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event

import pytest

from bridge.dispatch.servers.background_calls import BackgroundCalls, CallDone

PATIENCE_SECONDS = 10.0


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


def next_of(posted: SimpleQueue[object]) -> CallDone:
    """The next one that has ended."""
    event = posted.get(timeout=PATIENCE_SECONDS)
    assert isinstance(event, CallDone)
    return event


def test_it_posts_what_a_call_returned(calls: BackgroundCalls, posted: SimpleQueue[object]) -> None:
    calls.send("nodes", lambda: "all of them")
    done = next_of(posted)
    assert (done.name, done.result, done.error) == ("nodes", "all of them", None)
    assert calls.ended(done)


def test_it_posts_what_a_call_raised(calls: BackgroundCalls, posted: SimpleQueue[object]) -> None:
    def fail() -> None:
        raise ValueError("no")

    calls.send("nodes", fail)
    assert isinstance(next_of(posted).error, ValueError)


def test_a_name_that_is_under_way_is_not_begun_again(calls: BackgroundCalls, posted: SimpleQueue[object]) -> None:
    go_on = Event()
    calls.send("purge", lambda: go_on.wait(PATIENCE_SECONDS))
    calls.send("purge", lambda: "the second one")
    assert calls.is_under_way("purge")

    go_on.set()
    done = next_of(posted)
    assert done.result is True
    assert calls.ended(done)
    assert not calls.is_under_way("purge")
    calls.send("purge", lambda: "the third one")
    assert next_of(posted).result == "the third one"


def test_what_was_sent_for_an_earlier_assignment_is_told_apart(
    calls: BackgroundCalls, posted: SimpleQueue[object]
) -> None:
    go_on = Event()
    calls.send("forget", lambda: go_on.wait(PATIENCE_SECONDS))
    calls.begin_anew()
    go_on.set()
    done = next_of(posted)
    assert not calls.ended(done)
    calls.send("forget", lambda: "for the new one")
    assert calls.ended(next_of(posted))
