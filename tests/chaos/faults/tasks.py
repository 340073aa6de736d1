"""What can happen to the tasks that wait in their queues, behind everybody's back."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from redis import Redis

from chat_tasks.conversation.routing import queue_name
from stack.waiting import wait_until
from tests.chaos.faults.injection import PATIENCE_SECONDS, Injection
from tests.chaos.system.system import System

Tasks = dict[str, list[bytes]]
"""Tasks by queue, in Redis's order: a worker takes the last one first."""


def queues(change: Callable[[list[bytes], random.Random], list[bytes]]) -> Injection:
    """The tasks of every queue are replaced by what `change` makes of them."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        _put_back(system, {queue: change(tasks, choice) for queue, tasks in _taken(system).items()})
        yield

    return inject


@contextmanager
def delayed(system: System, _: random.Random) -> Iterator[None]:
    """The tasks come late: those sent again in their stead have long been done."""
    tasks = _taken(system)
    try:
        yield
    finally:
        _put_back(system, tasks)


def doubled(tasks: list[bytes], _: random.Random) -> list[bytes]:
    """Every task twice."""
    return [*tasks, *tasks]


def dropped(_: list[bytes], __: random.Random) -> list[bytes]:
    """No task."""
    return []


def reordered(tasks: list[bytes], choice: random.Random) -> list[bytes]:
    """The tasks in a random order."""
    return choice.sample(tasks, len(tasks))


def _taken(system: System) -> Tasks:
    """Take all tasks out of their queues, at least one: the workers pause until there is one."""
    settings = system.deployment.settings
    names = [queue_name(settings.redis_prefix, number) for number in range(settings.queues)]
    workers = [system.running[name] for name in system.names("worker", "prefork")]
    for worker in workers:
        os.killpg(worker.popen.pid, signal.SIGSTOP)
    try:
        with _redis(system) as redis:
            assert wait_until(lambda: sum(redis.llen(name) for name in names) > 0, PATIENCE_SECONDS)
            pipeline = redis.pipeline(transaction=True)
            for name in names:
                pipeline.lrange(name, 0, -1)
            pipeline.delete(*names)
            return dict(zip(names, pipeline.execute()[:-1], strict=True))
    finally:
        for worker in workers:
            os.killpg(worker.popen.pid, signal.SIGCONT)


def _put_back(system: System, tasks: Tasks) -> None:
    with _redis(system) as redis:
        for queue, mine in tasks.items():
            if mine:
                redis.rpush(queue, *mine)


def _redis(system: System) -> Redis:
    return Redis.from_url(system.deployment.settings.redis_url.get_secret_value())
