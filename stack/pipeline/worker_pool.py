"""The processes of a running worker, changed as Flower and `celery control` change them."""

from __future__ import annotations

from celery import Celery

from stack.waiting import wait_until

_ANSWER_SECONDS = 30.0
_CHANGE_SECONDS = 120.0


def resize(app: Celery, number: int) -> bool:
    """Ask the only worker to have that many processes; whether it gets there. Processes at work are not taken away."""
    missing = number - sum(_processes(app))
    if missing > 0:
        app.control.pool_grow(missing, reply=True, timeout=_ANSWER_SECONDS, limit=1)
    elif missing < 0:
        app.control.pool_shrink(-missing, reply=True, timeout=_ANSWER_SECONDS, limit=1)
    return has_processes(app, number)


def has_processes(app: Celery, number: int) -> bool:
    """Wait until the only worker has that many processes, which it is slow to have; whether it gets there."""
    return wait_until(lambda: _processes(app) == [number], _CHANGE_SECONDS, interval=0.3)


def _processes(app: Celery) -> list[int]:
    stats = app.control.inspect(timeout=_ANSWER_SECONDS, limit=1).stats() or {}
    return [len(one["pool"]["processes"]) for one in stats.values()]
