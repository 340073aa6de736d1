"""Asks the workers of a pipeline by Celery's remote commands."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from celery import Celery
from kombu.exceptions import KombuError
from redis import RedisError

from chat_tasks.errors import DependencyUnavailable, NotChanged
from chat_tasks.redis_client import broker_url, describe_redis_error
from chat_tasks.settings import Settings
from chat_tasks.worker.remote_control.in_hand import TaskInHand

ABOUT = "about"


class AboutWorker(msgspec.Struct, frozen=True):
    """What a worker says of itself.

    `version` is that of the package, `task_version` that of the tasks it knows. `queues` are those from which it takes
    tasks. The next two are settings that rows depend on. `instance` is its `CHAT_INSTANCE_NAME`. `processes` is how
    many processes it has, and `wanted_processes` how many it is going to have, if that `can_change`.
    """

    version: str
    task_version: int
    keyspace: str
    queues: list[str]
    bucket_size: int
    log_partitions: int
    instance: str = ""
    processes: int = 0
    wanted_processes: int = 0
    can_change: bool = False
    in_hand: list[TaskInHand] = []


def control_app(settings: Settings) -> Celery:
    """An application whose commands reach the workers of the pipeline with these settings, and no others."""
    app = Celery(broker=broker_url(settings), set_as_current=False)
    app.conf.control_exchange = settings.redis_prefix
    # kombu's pools belong to the process: a connection of an earlier application could be one to a Redis that was
    # started again since.
    app.conf.broker_pool_limit = 0
    return app


def ask_workers(settings: Settings, seconds: float) -> list[tuple[str, AboutWorker | None]]:
    """The name of each worker that answers within these seconds, and what it says of itself; blocks so long.

    None if a worker's answer is not understood, as that of an older version. Two workers of one name are two answers.
    A worker with one process that is busy does not answer. Raises `DependencyUnavailable`.
    """
    with _failures_as_unavailable(settings), control_app(settings) as app:
        answers: list[dict[str, Any]] = app.control.broadcast(ABOUT, reply=True, timeout=seconds) or []
    return sorted(
        ((name, _read(answer)) for found in answers for name, answer in found.items()), key=lambda one: one[0]
    )


def change_pool(settings: Settings, worker: str, processes: int, seconds: float) -> None:
    """Tell a worker to have so many processes more, or fewer if the number is negative; blocks.

    Raises `NotChanged` with the worker's reason, `DependencyUnavailable` if it does not answer within these seconds.
    """
    command = "pool_grow" if processes > 0 else "pool_shrink"
    with _failures_as_unavailable(settings), control_app(settings) as app:
        answers: list[dict[str, Any]] = (
            app.control.broadcast(
                command, {"n": abs(processes)}, destination=[worker], reply=True, timeout=seconds, limit=1
            )
            or []
        )
    if not answers:
        raise DependencyUnavailable(f"{worker} does not answer; it changes nothing, or does so when it has time")
    answer = answers[0].get(worker)
    if not isinstance(answer, dict) or "ok" not in answer:
        reason = answer.get("error") if isinstance(answer, dict) else None
        raise NotChanged(f"{worker}: {reason or 'an answer that is not understood'}")


@contextmanager
def _failures_as_unavailable(settings: Settings) -> Iterator[None]:
    """Turn the exceptions of a Redis that goes away or refuses into `DependencyUnavailable`.

    kombu raises its own if it cannot connect, and those of Redis' client, which share no base class with them, later.
    """
    try:
        yield
    except (KombuError, RedisError, OSError) as error:
        raise DependencyUnavailable(f"Redis: {describe_redis_error(settings, error)}") from error


def _read(answer: object) -> AboutWorker | None:
    try:
        return msgspec.convert(answer, AboutWorker)
    except msgspec.ValidationError:
        return None
