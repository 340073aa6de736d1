"""A server is asked only while somebody looks."""

import threading
from collections.abc import Iterator

import pytest

from bridge.picture.sources.looked_at import LookedAt

PATIENCE = 30.0


class Server:
    """Answers with how often it was asked, each time that it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_asked = threading.Event()
        self.may_answer = threading.Semaphore(0)

    def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        self.is_asked.set()
        assert self.may_answer.acquire(timeout=PATIENCE)
        return number


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def source(server: Server) -> Iterator[LookedAt[int]]:
    source = LookedAt("test", server, 3600.0)
    source.start()
    yield source
    source.stop()
    server.may_answer.release(100)


def test_nobody_is_asked_before_somebody_looks(server: Server, source: LookedAt[int]) -> None:
    assert server.asked == 0
    assert source.look().value is None
    assert server.is_asked.wait(PATIENCE)


def test_whoever_wants_news_gets_the_answer_to_a_question_that_was_asked_after_that(
    server: Server, source: LookedAt[int]
) -> None:
    source.look()
    assert server.is_asked.wait(PATIENCE)
    # The first question is under way, so its answer may be old.
    server.may_answer.release(2)
    assert source.look_now(PATIENCE).value == 2
    server.may_answer.release()
    assert source.look_now(PATIENCE).value == 3


def test_a_server_that_does_not_answer_keeps_nobody_for_longer(server: Server, source: LookedAt[int]) -> None:
    server.may_answer.release()
    assert source.look_now(PATIENCE).value == 1
    assert source.look_now(0.01).value == 1
