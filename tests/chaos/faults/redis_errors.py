"""Redis is there, and answers with errors: as in a failover, without memory, with other passwords or permissions."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from stack.processes.ports import free_port
from stack.waiting import wait_until
from tests.chaos.faults.injection import PATIENCE_SECONDS
from tests.chaos.system.system import System

Refusal = Callable[[str], AbstractContextManager[None]]
"""The Redis of that URL answers with the error inside the context."""

_LARGE_KEYS = 30


@contextmanager
def redis_refuses(system: System, choice: random.Random) -> Iterator[None]:
    """Redis answers with one of its errors."""
    [server] = system.servers["redis"]
    with REFUSALS[choice.choice(sorted(REFUSALS))](f"redis://{server.address}/0"):
        yield


def _configured(**values: object) -> Refusal:
    """Some settings are changed, and all clients lose their connections: some errors meet new connections only."""

    @contextmanager
    def refuse(url: str) -> Iterator[None]:
        with _admin(url) as redis:
            before = {name: str(redis.config_get(name)[name]) for name in values}
            for name, value in values.items():
                redis.config_set(name, str(value))
            _end_connections(redis)
            try:
                yield
            finally:
                for name, value in before.items():
                    redis.config_set(name, value)

    return refuse


def _replica(**values: object) -> Refusal:
    """Redis follows another server, which is not there, as for a moment in every failover."""

    @contextmanager
    def refuse(url: str) -> Iterator[None]:
        with _configured(**values)(url), _admin(url) as redis:
            redis.replicaof("127.0.0.1", str(free_port()))
            try:
                yield
            finally:
                redis.replicaof("NO", "ONE")

    return refuse


@contextmanager
def _denied(url: str) -> Iterator[None]:
    with _admin(url) as redis:
        redis.acl_setuser("default", enabled=True, nopass=True, categories=["-@write", "-@pubsub"], commands=["-eval"])
        try:
            yield
        finally:
            redis.acl_setuser("default", enabled=True, nopass=True, categories=["+@all"])


@contextmanager
def _busy(url: str) -> Iterator[None]:
    """A script runs without end."""
    with (
        _configured(**{"lua-time-limit": 10})(url),
        _admin(url) as redis,
        _meanwhile(url, "EVAL", "while true do end", 0),
    ):
        try:
            assert wait_until(lambda: not _answers(redis), PATIENCE_SECONDS)
            yield
        finally:
            redis.script_kill()


@contextmanager
def _loading(url: str) -> Iterator[None]:
    """Redis reads its data from a file, slowly until the fault ends, and looks at its clients every few megabytes."""
    keys = [f"large-{number}" for number in range(_LARGE_KEYS)]
    with _admin(url.rpartition("/")[0] + "/15") as redis:
        redis.mset(dict.fromkeys(keys, b"x" * 2_097_152))
        redis.config_set("rdbcompression", "no")
        redis.config_set("key-load-delay", 500_000)
        try:
            with _meanwhile(url, "DEBUG", "RELOAD"):
                assert wait_until(lambda: not _answers(redis), PATIENCE_SECONDS)
                # Who already waits for a task is not answered at all until the data is read.
                _end_connections(redis)
                try:
                    yield
                finally:
                    redis.config_set("key-load-delay", 0)
        finally:
            assert wait_until(lambda: _answers(redis), PATIENCE_SECONDS)
            redis.config_set("rdbcompression", "yes")
            redis.delete(*keys)


REFUSALS: Mapping[str, Refusal] = {
    "READONLY": _replica(),
    "MASTERDOWN": _replica(**{"replica-serve-stale-data": "no", "replica-read-only": "no"}),
    "NOREPLICAS": _configured(**{"min-replicas-to-write": 1}),
    "OOM": _configured(maxmemory=1),
    "NOAUTH": _configured(requirepass="secret"),
    "NOPERM": _denied,
    "max number of clients": _configured(maxclients=1),
    "BUSY": _busy,
    "LOADING": _loading,
}
"""By the error."""


@contextmanager
def _admin(url: str) -> Iterator[Redis]:
    """A client whose only connection is made before the fault."""
    with Redis.from_url(url, single_connection_client=True, socket_timeout=PATIENCE_SECONDS) as redis:
        yield redis


@contextmanager
def _meanwhile(url: str, *command: str | int) -> Iterator[None]:
    """A command that takes long, from a client of its own; at the end it has ended, or lost its connection."""

    def run() -> None:
        once = Retry(NoBackoff(), 0)
        with Redis.from_url(url, socket_timeout=PATIENCE_SECONDS, retry=once) as redis, suppress(RedisError):
            redis.execute_command(*command)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _end_connections(redis: Redis) -> None:
    """End all connections but this one."""
    for kind in ("normal", "pubsub"):
        redis.client_kill_filter(_type=kind)


def _answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except RedisError:
        return False
