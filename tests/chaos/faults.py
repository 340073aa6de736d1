"""Everything the nemesis can do. Each fault is a context: it is there inside, and healed at the end."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import psutil
from redis import Redis

from chat_tasks.routing import queue_name
from stack.process import ServerProcess
from stack.waiting import wait_until
from tests.chaos.proxy import FINE, Conditions
from tests.chaos.system import System
from tests.integration.deployment import Process

Injection = Callable[[System, random.Random], AbstractContextManager[None]]

_PATIENCE_SECONDS = 60.0
_PAUSES = 6
_OVERDUE = "was not answered in time"


def replaced(end: Callable[[Process], object], *kinds: str) -> Injection:
    """A process is ended; its supervisor starts it again at once."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        system.replace(choice.choice(system.names(*kinds)), end)
        yield

    return inject


def paused_until_replaced(kind: str) -> Injection:
    """SIGSTOP until its partitions are another member's, then SIGCONT: the zombie."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        names = system.names(kind)
        victim = system.running[choice.choice(names)]
        heirs = [system.running[name] for name in names if name != victim.name]
        before = sum(heir.log.count("assigned ") for heir in heirs)
        os.killpg(victim.popen.pid, signal.SIGSTOP)
        try:
            assert wait_until(lambda: sum(heir.log.count("assigned ") for heir in heirs) > before, _PATIENCE_SECONDS)
            yield
        finally:
            os.killpg(victim.popen.pid, signal.SIGCONT)

    return inject


def paused(*kinds: str) -> Injection:
    """SIGSTOP of a process and its children."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        victim = system.running[choice.choice(system.names(*kinds))]
        os.killpg(victim.popen.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(victim.popen.pid, signal.SIGCONT)

    return inject


@contextmanager
def child_killed(system: System, choice: random.Random) -> Iterator[None]:
    """SIGKILL of one child of a prefork worker."""
    parent = psutil.Process(system.running[choice.choice(system.names("prefork"))].popen.pid)
    choice.choice(parent.children()).kill()
    yield


@contextmanager
def killed_behind_a_straggler(system: System, choice: random.Random) -> Iterator[None]:
    """SIGKILL of a dispatcher that has gone on committing for as long as a paused worker kept a task from it."""
    overdue = {name: system.running[name].log.count(_OVERDUE) for name in system.names("dispatch")}

    def waiting() -> list[str]:
        return [name for name, before in overdue.items() if system.running[name].log.count(_OVERDUE) > before]

    for _ in range(_PAUSES):
        with paused("worker")(system, choice):
            # One that is paused between two tasks keeps none.
            if wait_until(lambda: bool(waiting()), _PATIENCE_SECONDS / _PAUSES):
                system.replace(waiting()[0], Process.kill)
                break
    else:
        raise AssertionError("no paused worker kept a task")
    yield


def added(kind: str) -> Injection:
    """One process more for a while: a rebalance when it comes, and another when it has gone."""

    @contextmanager
    def inject(system: System, _: random.Random) -> Iterator[None]:
        name = f"{kind}.9"
        system.start(name)
        try:
            yield
        finally:
            system.running.pop(name).stop()

    return inject


def server_killed(server: str) -> Injection:
    """SIGKILL of one server; it comes back with what it has on disk."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        victim = choice.choice(_servers(system)[server])
        victim.kill()
        try:
            yield
        finally:
            victim.start()
            victim.wait_until_answering()

    return inject


def server_paused(server: str) -> Injection:
    """SIGSTOP of one server."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        victim = choice.choice(_servers(system)[server])
        victim.pause()
        try:
            yield
        finally:
            victim.resume()

    return inject


@contextmanager
def redis_flushed(system: System, _: random.Random) -> Iterator[None]:
    """FLUSHALL."""
    with _redis(system) as redis:
        redis.flushall()
    yield


def network(server: str, conditions: Conditions) -> Injection:
    """Everybody's connections to one server."""

    @contextmanager
    def inject(system: System, _: random.Random) -> Iterator[None]:
        system.proxies[server].set(conditions)
        try:
            yield
        finally:
            system.proxies[server].set(FINE)

    return inject


def queues(change: Callable[[list[bytes], random.Random], list[bytes]]) -> Injection:
    """The tasks that wait are replaced by others, behind everybody's back."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        names = [queue_name(number) for number in range(system.deployment.settings.queues)]
        workers = [system.running[name] for name in system.names("worker", "prefork")]
        for worker in workers:
            os.killpg(worker.popen.pid, signal.SIGSTOP)
        try:
            with _redis(system) as redis:
                assert wait_until(lambda: sum(redis.llen(name) for name in names) > 0, _PATIENCE_SECONDS)
                for name in names:
                    tasks = change(redis.lrange(name, 0, -1), choice)
                    pipeline = redis.pipeline(transaction=True)
                    pipeline.delete(name)
                    if tasks:
                        pipeline.rpush(name, *tasks)
                    pipeline.execute()
        finally:
            for worker in workers:
                os.killpg(worker.popen.pid, signal.SIGCONT)
        yield

    return inject


def doubled(tasks: list[bytes], _: random.Random) -> list[bytes]:
    """Each one twice."""
    return [*tasks, *tasks]


def dropped(_: list[bytes], __: random.Random) -> list[bytes]:
    """None is left."""
    return []


def reordered(tasks: list[bytes], choice: random.Random) -> list[bytes]:
    """In any order."""
    return choice.sample(tasks, len(tasks))


def _servers(system: System) -> Mapping[str, list[ServerProcess]]:
    return {"kafka": list(system.kafka), "cassandra": list(system.cassandra), "redis": [system.redis]}


def _redis(system: System) -> Redis:
    return Redis.from_url(system.deployment.settings.redis_url)


_CUT = Conditions(is_cut=True)
_SLOW = Conditions(delay=0.1)
_NARROW = Conditions(bytes_per_second=300_000)

ONE_NODE_DOWN: Mapping[str, Injection] = {
    "kafka killed": server_killed("kafka"),
    "kafka paused": server_paused("kafka"),
    "cassandra killed": server_killed("cassandra"),
    "cassandra paused": server_paused("cassandra"),
}
"""What a cluster works through, and a single node recovers from."""

EVERYWHERE: Mapping[str, Injection] = {
    "ingest killed": replaced(Process.kill, "ingest"),
    "ingest stopped": replaced(Process.stop, "ingest"),
    "ingest a zombie": paused_until_replaced("ingest"),
    "ingest added": added("ingest"),
    "dispatch killed": replaced(Process.kill, "dispatch"),
    "dispatch stopped": replaced(Process.stop, "dispatch"),
    "dispatch a zombie": paused_until_replaced("dispatch"),
    "dispatch added": added("dispatch"),
    "dispatch killed behind a straggler": killed_behind_a_straggler,
    "worker killed": replaced(Process.kill, "worker", "prefork"),
    "worker stopped": replaced(Process.stop, "worker", "prefork"),
    "worker paused": paused("worker", "prefork"),
    "worker added": added("worker"),
    "worker's child killed": child_killed,
    "redis killed": server_killed("redis"),
    "redis paused": server_paused("redis"),
    "redis flushed": redis_flushed,
    "tasks doubled": queues(doubled),
    "tasks dropped": queues(dropped),
    "tasks reordered": queues(reordered),
    **ONE_NODE_DOWN,
}

BEHIND_PROXIES: Mapping[str, Injection] = {
    **EVERYWHERE,
    **{f"{server} cut off": network(server, _CUT) for server in ("kafka", "cassandra", "redis")},
    **{f"{server} far away": network(server, _SLOW) for server in ("kafka", "cassandra", "redis")},
    **{f"{server} narrow": network(server, _NARROW) for server in ("kafka", "cassandra", "redis")},
}
