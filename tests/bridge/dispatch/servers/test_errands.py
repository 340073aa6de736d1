"""Calls that block are made elsewhere; what comes of one that was sent for an earlier assignment is told apart."""

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Event

import pytest

from bridge.dispatch.servers.errands import ErrandDone, Errands

PATIENCE_SECONDS = 10.0


@pytest.fixture
def posted() -> SimpleQueue[object]:
    """What the errands posted."""
    return SimpleQueue()


@pytest.fixture
def errands(posted: SimpleQueue[object]) -> Iterator[Errands]:
    """Some that end with the test."""
    errands = Errands(posted.put)
    yield errands
    errands.close()


def next_of(posted: SimpleQueue[object]) -> ErrandDone:
    """The next one that has ended."""
    event = posted.get(timeout=PATIENCE_SECONDS)
    assert isinstance(event, ErrandDone)
    return event


def test_it_posts_what_a_call_returned(errands: Errands, posted: SimpleQueue[object]) -> None:
    errands.send("nodes", lambda: "all of them")
    done = next_of(posted)
    assert (done.name, done.result, done.error) == ("nodes", "all of them", None)
    assert errands.ended(done)


def test_it_posts_what_a_call_raised(errands: Errands, posted: SimpleQueue[object]) -> None:
    def fail() -> None:
        raise ValueError("no")

    errands.send("nodes", fail)
    assert isinstance(next_of(posted).error, ValueError)


def test_a_name_that_is_under_way_is_not_begun_again(errands: Errands, posted: SimpleQueue[object]) -> None:
    go_on = Event()
    errands.send("purge", lambda: go_on.wait(PATIENCE_SECONDS))
    errands.send("purge", lambda: "the second one")
    assert errands.is_under_way("purge")

    go_on.set()
    done = next_of(posted)
    assert done.result is True
    assert errands.ended(done)
    assert not errands.is_under_way("purge")
    errands.send("purge", lambda: "the third one")
    assert next_of(posted).result == "the third one"


def test_what_was_sent_for_an_earlier_assignment_is_told_apart(errands: Errands, posted: SimpleQueue[object]) -> None:
    go_on = Event()
    errands.send("forget", lambda: go_on.wait(PATIENCE_SECONDS))
    errands.begin_anew()
    go_on.set()
    done = next_of(posted)
    assert not errands.ended(done)
    errands.send("forget", lambda: "for the new one")
    assert errands.ended(next_of(posted))
