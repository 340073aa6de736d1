"""The queues and the workers: who serves what, in which version, and whose tasks are there."""

import base64
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
from redis import RedisError

from bridge.commands.doctor.finding import Answer, failure, ok, warning
from bridge.commands.doctor.servers import Servers
from chat_tasks.conversation.routing import queue_name
from chat_tasks.errors import NotOurs
from chat_tasks.formats import tasks
from chat_tasks.settings import Settings
from chat_tasks.storage.session import failures_as_unavailable
from chat_tasks.storage.task_keys import read_seal
from chat_tasks.version import VERSION
from chat_tasks.worker.remote_control.control import AboutWorker, ask_workers

_ANSWER_SECONDS = 2.0
_TASKS_LOOKED_AT = 5
_KEYS_AT_ONCE = 1000


def workers(servers: Servers) -> Iterator[Answer]:
    """Which workers answer, which queues they serve, and whether they fit."""
    settings = servers.settings
    answers = ask_workers(settings, _ANSWER_SECONDS)
    if not answers:
        yield failure("no worker answers", "start workers, with the same CHAT_REDIS_URL and CHAT_REDIS_PREFIX")
    for name, count in Counter(name for name, _ in answers).items():
        if count > 1:
            yield warning(f"{count} workers have the name {name}", "`celery worker --hostname`, a name each")
    for name, about in answers:
        yield from _worker(settings, name, about)
    served = Counter(queue for _, about in answers if about is not None for queue in about.queues)
    for queue in _queues(settings):
        waiting = int(servers.redis.llen(queue))
        if served[queue]:
            yield ok(f"queue {queue}: {waiting} tasks wait, {served[queue]} workers")
        elif answers:
            yield failure(
                f"queue {queue}: {waiting} tasks wait, and no worker takes any",
                f"start workers with CHAT_QUEUES={settings.queues}, the same as dispatch has",
            )


def queue_names(servers: Servers) -> Iterator[Answer]:
    """Whether the names in Redis are what they have to be, and which other pipelines use this database."""
    settings, redis = servers.settings, servers.redis
    ours = _queues(settings)
    for queue in ours:
        kind = redis.type(queue).decode()  # type: ignore[union-attr]
        if kind not in ("list", "none"):
            yield failure(f"the key {queue} is no list but a {kind}", "delete it; another program has made it")
    others, left = set(), set()
    for key in redis.scan_iter(count=_KEYS_AT_ONCE):
        name = key.decode(errors="replace")
        if name.startswith(f"{settings.redis_prefix}.") and name[-2:].isdecimal() and name not in ours:
            left.add(name)
        elif name.startswith("_kombu.binding.") and name.endswith(".pidbox"):
            others.add(name.removeprefix("_kombu.binding.").removesuffix(".pidbox"))
    for queue in sorted(left):
        yield warning(
            f"tasks wait in {queue}, and CHAT_QUEUES is {settings.queues}: nobody does them",
            "the same CHAT_QUEUES everywhere; then delete the key, dispatch has sent its records again",
        )
    others -= {settings.redis_prefix, "reply.celery"}
    beside = f"; other pipelines have been here under {', '.join(sorted(others))}" if others else ""
    yield ok(f"{', '.join(ours)}{beside}")


def tasks_of_others(servers: Servers) -> Iterator[Answer]:
    """Whether tasks wait that this pipeline did not send: another one has the same prefix, or left them."""
    settings = servers.settings
    with failures_as_unavailable():
        seal = read_seal(servers.session, settings)
    reasons: Counter[str] = Counter()
    for queue in _queues(settings):
        try:
            found: Any = servers.redis.lrange(queue, -_TASKS_LOOKED_AT, -1)
        except RedisError:
            # It is no list, which `queue_names` says.
            continue
        for item in found:
            try:
                seal.open(queue, base64.b64decode(orjson.loads(item)["body"]))
            except NotOurs as error:
                reasons[f"in queue {queue}: {error}"] += 1
            except (KeyError, TypeError, ValueError):
                reasons[f"in queue {queue}: it is no task"] += 1
    for reason, count in reasons.items():
        yield failure(
            f"{count} of the oldest tasks are not this pipeline's, {reason}",
            "a CHAT_REDIS_PREFIX or a Redis database for each pipeline; workers refuse these tasks",
        )
    if not reasons:
        yield ok("no task of another pipeline waits")


def _queues(settings: Settings) -> list[str]:
    return [queue_name(settings.redis_prefix, number) for number in range(settings.queues)]


def _worker(settings: Settings, name: str, about: AboutWorker | None) -> Iterator[Answer]:
    if about is None:
        yield failure(f"{name} is of another version: its answer is not understood", "the same version everywhere")
        return
    wrong = False
    if about.keyspace != settings.cassandra_keyspace:
        wrong = True
        yield failure(
            f"{name} is a worker of keyspace {about.keyspace}, and takes this pipeline's tasks from its queues",
            "a CHAT_REDIS_PREFIX or a Redis database for each pipeline",
        )
    if about.task_version != tasks.VERSION:
        wrong = True
        yield failure(
            f"{name} is of another version: it knows tasks of version {about.task_version}, and this program those of "
            f"version {tasks.VERSION}",
            "the same version everywhere",
        )
    elif about.version != VERSION:
        wrong = True
        yield warning(
            f"{name} is of another version, {about.version}, and this program of {VERSION}",
            "the same version everywhere",
        )
    for variable, theirs, mine in (
        ("CHAT_BUCKET_SIZE", about.bucket_size, settings.bucket_size),
        ("CHAT_LOG_PARTITIONS", about.log_partitions, settings.log_partitions),
    ):
        if theirs != mine:
            wrong = True
            yield failure(f"{name} has {variable}={theirs}, and drops its tasks", f"set it to {mine} there")
    if not wrong:
        yield ok(f"{name}: version {about.version}, takes tasks from {', '.join(about.queues) or 'no queue'}")
