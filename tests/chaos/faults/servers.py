"""What can happen to Kafka, Cassandra and Redis."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from tests.chaos.faults.injection import Injection
from tests.chaos.system.system import System


def server_killed(server: str) -> Injection:
    """One server is killed; it comes back with what it has on disk."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        victim = choice.choice(system.servers[server])
        victim.kill()
        try:
            yield
        finally:
            victim.start()
            victim.wait_until_answering()

    return inject


def server_paused(server: str) -> Injection:
    """One server is stopped, and goes on at the end."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        victim = choice.choice(system.servers[server])
        victim.pause()
        try:
            yield
        finally:
            victim.resume()

    return inject


@contextmanager
def redis_flushed(system: System, _: random.Random) -> Iterator[None]:
    """Redis loses everything, by FLUSHALL."""
    with Redis.from_url(system.deployment.settings.redis_url.get_secret_value()) as redis:
        redis.flushall()
    yield
