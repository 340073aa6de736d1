"""The JSON of the page of queues and workers."""

from typing import Literal

from pydantic import BaseModel

from bridge.picture.sight import Sight
from bridge.picture.sources.processes import Process
from bridge.picture.sources.source import Reading
from bridge.picture.sources.workers import KnownWorker
from chat_tasks.conversation.routing import queue_name
from chat_tasks.settings import Settings
from chat_tasks.version import VERSION
from chat_tasks.worker.remote_control.control import AboutWorker
from console.workers.times import TaskTime


class QueueView(BaseModel):
    """A queue: the tasks in it, those of it that are sent and not answered, and the workers that take from it.

    Both numbers are None while nobody tells them. `is_served` is what dispatch knows; None if no dispatch tells it.
    """

    name: str
    waiting: int | None
    outstanding: int | None
    is_served: bool | None
    workers: list[str]


class TaskTimeView(BaseModel):
    """Tasks of a kind in the last minute: the mean times that one waited, and was worked on, in seconds."""

    kind: str
    tasks_per_second: float
    wait_seconds: float | None
    work_seconds: float | None


class TaskView(BaseModel):
    """A task that a worker has. `seconds` is None if no process has begun with it."""

    task_id: str
    kind: str
    queue: str
    conversations: int | None
    records: int | None
    seconds: float | None


class WorkerView(BaseModel):
    """A worker. `trouble` says what is wrong with it, and is empty if nothing is known to be.

    `silent_since` is in seconds since 1970, and None if it answers. `wanted_processes` differs from `processes` while
    its pool grows or shrinks.
    """

    name: str
    state: Literal["works", "waits", "silent"]
    trouble: str
    silent_since: float | None
    version: str
    queues: list[str]
    processes: int
    wanted_processes: int
    can_change: bool
    in_hand: list[TaskView]


class WorkersView(BaseModel):
    """The page. `asked_at` is when the workers answered last, in seconds since 1970; `failure` why they cannot now."""

    at: float
    queues: list[QueueView]
    queues_failure: str | None
    queues_failing_since: float | None
    times: list[TaskTimeView]
    workers: list[WorkerView]
    asked_at: float | None
    failure: str | None
    failing_since: float | None


def workers_view(
    settings: Settings, sight: Sight, reading: Reading[list[KnownWorker]], times: list[TaskTime]
) -> WorkersView:
    """What is known now."""
    known = reading.value or []
    queue_names = [queue_name(settings.redis_prefix, number) for number in range(settings.queues)]
    names = [one.name for one in known]
    healths = {one.identity.name: one for one in sight.of_kind("worker")}
    return WorkersView(
        at=sight.now,
        queues=[_queue(name, sight, known) for name in queue_names],
        queues_failure=sight.queues.failure,
        queues_failing_since=sight.queues.failing_since,
        times=[
            TaskTimeView(kind=one.kind, tasks_per_second=one.rate, wait_seconds=one.wait, work_seconds=one.work)
            for one in times
        ],
        workers=[_worker(one, healths, is_twice=names.count(one.name) > 1) for one in known],
        asked_at=reading.at,
        failure=reading.failure,
        failing_since=reading.failing_since,
    )


def _queue(name: str, sight: Sight, known: list[KnownWorker]) -> QueueView:
    served = [value for _, labels, value in sight.samples("chat_tasks_queue_served", "dispatch") if _of(labels, name)]
    outstanding = [
        value for _, labels, value in sight.samples("chat_tasks_outstanding_tasks", "dispatch") if _of(labels, name)
    ]
    return QueueView(
        name=name,
        waiting=None if sight.queues.value is None else sight.queues.value.get(name),
        outstanding=round(sum(outstanding)) if outstanding else None,
        is_served=min(served) == 1 if served else None,
        workers=[
            one.name for one in known if one.silent_since is None and one.about is not None and name in one.about.queues
        ],
    )


def _of(labels: tuple[tuple[str, str], ...], queue: str) -> bool:
    return ("queue", queue) in labels


def _worker(one: KnownWorker, healths: dict[str, Process], *, is_twice: bool) -> WorkerView:
    about = one.about
    state, trouble = _state(one, healths, is_twice=is_twice)
    return WorkerView(
        name=one.name,
        state=state,
        trouble=trouble,
        silent_since=one.silent_since,
        version="" if about is None else about.version,
        queues=[] if about is None else about.queues,
        processes=0 if about is None else about.processes,
        wanted_processes=0 if about is None else about.wanted_processes,
        can_change=about is not None and about.can_change and one.silent_since is None,
        in_hand=[] if about is None or one.silent_since is not None else _tasks(about),
    )


def _tasks(about: AboutWorker) -> list[TaskView]:
    # The one that is worked on for longest first, those that wait last.
    tasks = sorted(about.in_hand, key=lambda task: -1.0 if task.seconds is None else task.seconds, reverse=True)
    return [TaskView(**task._asdict()) for task in tasks]


def _state(
    one: KnownWorker, healths: dict[str, Process], *, is_twice: bool
) -> tuple[Literal["works", "waits", "silent"], str]:
    if one.silent_since is not None:
        return "silent", "does not answer"
    if one.about is None:
        return "waits", "is of another version: its answer is not understood"
    if is_twice:
        return "waits", "two workers have this name: give each its own --hostname"
    health = healths.get(one.about.instance)
    if health is not None and not health.is_ready:
        return "waits", "; ".join(health.detail.get("troubles") or []) or health.failure or "is not ready"
    if one.about.version != VERSION:
        return "waits", f"is of version {one.about.version}, and this console of {VERSION}"
    return "works", ""
