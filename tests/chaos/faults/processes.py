"""What can happen to the pipeline's processes."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil
from confluent_kafka.admin import AdminClient
from redis import Redis

from bridge.kafka.clients import base_config
from bridge.kafka.groups import describe_group
from chat_tasks.errors import DependencyUnavailable
from stack.waiting import wait_until
from tests.chaos.faults.injection import PATIENCE_SECONDS, Injection
from tests.chaos.system.system import System
from tests.pipeline.deployment import Process

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
    """A process is stopped until its partitions are another member's, and then goes on as a zombie."""

    @contextmanager
    def inject(system: System, choice: random.Random) -> Iterator[None]:
        names = system.names(kind)
        victim = system.running[choice.choice(names)]
        assert wait_until(lambda: victim.name in _owners(system, kind), PATIENCE_SECONDS)
        os.killpg(victim.popen.pid, signal.SIGSTOP)
        try:
            assert wait_until(lambda: victim.name not in (_owners(system, kind) or {victim.name}), PATIENCE_SECONDS)
            yield
        finally:
            os.killpg(victim.popen.pid, signal.SIGCONT)

    return inject


def paused(*kinds: str) -> Injection:
    """A process and its children are stopped, and go on at the end."""

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
    """One child of a prefork worker is killed."""
    parent = psutil.Process(system.running[choice.choice(system.names("prefork"))].popen.pid)
    choice.choice(parent.children()).kill()
    yield


@contextmanager
def killed_behind_a_straggler(system: System, choice: random.Random) -> Iterator[None]:
    """A dispatcher is killed that has committed beyond a task, which a paused worker kept from it."""
    with _straggler(system, choice) as dispatcher:
        system.replace(dispatcher, Process.kill)
    yield


@contextmanager
def paused_beyond_its_locks(system: System, choice: random.Random) -> Iterator[None]:
    """A worker is stopped in a task until that is sent again and its locks are gone, and goes on as a zombie."""
    settings = system.deployment.settings
    marker = f"{settings.redis_prefix}:locks-of-a-zombie"
    with _straggler(system, choice), Redis.from_url(settings.redis_url.get_secret_value()) as redis:
        # Redis alone knows how much time has passed for the locks that it keeps.
        redis.set(marker, b"", px=round(settings.lock_ttl * 1000))
        assert wait_until(lambda: not redis.exists(marker), settings.lock_ttl + PATIENCE_SECONDS)
        yield


@contextmanager
def _straggler(system: System, choice: random.Random) -> Iterator[str]:
    """A worker is paused in the middle of a task; yields the name of the dispatcher that has noticed."""
    overdue = {name: system.running[name].log.count(_OVERDUE) for name in system.names("dispatch")}

    def waiting() -> list[str]:
        return [name for name, before in overdue.items() if system.running[name].log.count(_OVERDUE) > before]

    def worked() -> float:
        return sum(_processor_seconds(system.running[name].popen.pid) for name in system.names("worker"))

    worked_before = 0.0

    def has_moved() -> bool:
        return worked() > worked_before

    for _ in range(_PAUSES):
        with paused("worker")(system, choice):
            # One that is paused between two tasks keeps none.
            if wait_until(lambda: bool(waiting()), PATIENCE_SECONDS / _PAUSES):
                yield waiting()[0]
                return
            worked_before = worked()
        # Paused again at once it would still be where it was.
        assert wait_until(has_moved, PATIENCE_SECONDS)
    raise AssertionError("no paused worker kept a task")


def _processor_seconds(pid: int) -> float:
    """The processor time of a process and of what it started; what has ended does not count."""
    total = 0.0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                total += times.user + times.system
    return total


def added(kind: str) -> Injection:
    """A further process for a while: a rebalance when it comes, and another when it has gone."""

    @contextmanager
    def inject(system: System, _: random.Random) -> Iterator[None]:
        name = f"{kind}.9"
        system.start(name)
        try:
            yield
        finally:
            system.running.pop(name).stop()

    return inject


def _owners(system: System, kind: str) -> set[str]:
    """The processes to which Kafka has given partitions; none while it does not answer or is giving them out."""
    settings = system.deployment.settings
    group = {"ingest": settings.ingest_group, "dispatch": settings.dispatch_group}[kind]
    try:
        members = describe_group(AdminClient(base_config(settings)), group).members
    except DependencyUnavailable:
        return set()
    return {one.group_instance_id for one in members if one.assignment.topic_partitions}
