"""Workers are asked through a Redis that goes away or refuses: that is told as of any other server."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings
from chat_tasks.worker.remote_control.control import ask_workers, change_pool
from stack.processes.ports import free_port
from stack.servers.redis import RedisServer, RedisSettings
from stack.waiting import wait_until
from tests.chaos.faults.redis_errors import REFUSALS
from tests.pipeline.conversation import PATIENCE_SECONDS

pytestmark = pytest.mark.servers


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """One of its own, since it is killed."""
    server = RedisServer(RedisSettings(tmp_path / "redis", port=free_port()))
    server.start()
    try:
        server.wait_until_answering()
        yield server
    finally:
        server.stop()


def _somebody_waits(client: Redis) -> bool:
    """Whether a client waits for an element of a list."""
    return any(one["cmd"] == "brpop" for one in client.client_list())


@pytest.mark.parametrize("refusal", ["READONLY", "NOREPLICAS", "OOM", "NOPERM", "NOAUTH"])
def test_a_redis_that_refuses_is_named(redis: RedisServer, refusal: str) -> None:
    settings = Settings(redis_url=redis.url)
    with REFUSALS[refusal](redis.url):
        with pytest.raises(DependencyUnavailable, match=f"Redis: {redis.address}"):
            ask_workers(settings, 1.0)
        with pytest.raises(DependencyUnavailable, match=f"Redis: {redis.address}"):
            change_pool(settings, "worker@host", 1, 1.0)


def test_a_redis_that_dies_while_answers_are_awaited_is_named(redis: RedisServer) -> None:
    settings = Settings(redis_url=redis.url)
    raised: list[Exception] = []

    def ask() -> None:
        try:
            ask_workers(settings, PATIENCE_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    with redis.client() as client:
        assert wait_until(lambda: _somebody_waits(client), PATIENCE_SECONDS)
    redis.kill()
    thread.join(PATIENCE_SECONDS)
    [error] = raised
    assert isinstance(error, DependencyUnavailable)
    assert f"Redis: {redis.address}" in str(error)
