"""The two Celery tasks. They answer every failure that they can; dispatch decides whether to try again."""

import logging
import signal
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

import orjson
from billiard import current_process
from celery import Task
from celery.signals import worker_process_init
from redis import RedisError
from redis.client import Pipeline

from chat_tasks.celery_app import app
from chat_tasks.errors import ChatTasksError, NotOurs
from chat_tasks.formats.seal import Seal
from chat_tasks.formats.tasks import (
    APPEND_TASK,
    LATEST_TASK,
    Answer,
    AppendTask,
    Failure,
    LatestTask,
    Result,
    Work,
    decode_append_task,
    decode_latest_task,
    encode_reply,
)
from chat_tasks.garbage import search_rarely
from chat_tasks.log_rate.refusals import Refusals
from chat_tasks.redis_client import connect_redis, describe_redis_error
from chat_tasks.settings import settings
from chat_tasks.tracing import messaging
from chat_tasks.tracing.spans import inside, tracer
from chat_tasks.worker.locks import ConversationLocks
from chat_tasks.worker.resources import WorkerResources, connect_until_done, worker_resources

logger = logging.getLogger(__name__)

_refusals = Refusals(logger)

TaskT = TypeVar("TaskT", AppendTask, LatestTask)

# Seconds that a reply waits for its dispatcher. Replies to a dead dispatcher must not stay in Redis for ever.
REPLY_LIFETIME = 60

_PAUSE_SECONDS = 1.0


@cache
def outlive_the_first_signal() -> None:
    """Let a child finish its task if the whole process group is told to end, as honcho and terminals do.

    The parent ends its children itself, once they are done. A second signal ends them at once. Each task calls this
    function, because the pool resets all signals after the last hook that runs before a task.
    """
    if current_process().name != "MainProcess":
        signal.signal(signal.SIGTERM, lambda number, _: signal.signal(number, signal.SIG_DFL))


@worker_process_init.connect
def connect_early(**_: object) -> None:
    """Connect a new child before its first task, which would wait for the connections otherwise.

    Clients do not survive a fork, so each child makes its own.
    """
    try:
        worker_resources()
    except ChatTasksError as error:
        logger.warning(
            "not connected yet, tasks have to be sent again: %s",
            error,
            extra={"event": "worker_not_connected", "reason": str(error)},
        )
        connect_until_done()
    search_rarely()


@app.task(name=APPEND_TASK, bind=True)
def append_messages(self: Task, sealed: bytes) -> None:
    """Write the pending messages of many conversations of one queue."""
    queue = _queue_of(self)

    def append(task: AppendTask, resources: WorkerResources, pipeline: Pipeline) -> tuple[list[Result], Work]:
        prefix, ttl = settings().redis_prefix, settings().lock_ttl
        locks = ConversationLocks(resources.redis, prefix, queue, epoch=task.epoch, token=task.task_id, ttl=ttl)
        results = resources.appender.append(task, locks)
        locks.release([batch.conversation_key for batch in task.conversations], pipeline)
        return results, resources.work_done(locks)

    _perform(queue, sealed, decode_append_task, "conversations", append)


@app.task(name=LATEST_TASK, bind=True)
def latest_messages(self: Task, sealed: bytes) -> None:
    """Read the newest messages for many requests of one queue."""

    def answer(task: LatestTask, resources: WorkerResources, _: Pipeline) -> tuple[list[Result], Work]:
        return resources.latest.answer(task), resources.work_done()

    _perform(_queue_of(self), sealed, decode_latest_task, "requests", answer)


def _queue_of(task: Task) -> str:
    queue: str = task.request.delivery_info["routing_key"]
    return queue


def _perform(
    queue: str,
    sealed: bytes,
    decode: Callable[[bytes], TaskT],
    members: str,
    work: Callable[[TaskT, WorkerResources, Pipeline], tuple[Sequence[Result], Work]],
) -> None:
    """Open, decode, work, answer. Commands that `work` adds to the pipeline go to Redis with the answer."""
    started, since = time.monotonic(), time.time_ns()
    outlive_the_first_signal()
    try:
        resources = worker_resources()
    except ChatTasksError as error:
        # Without the key the task can be neither opened nor answered. The pause leaves most tasks in their queues, so
        # that they are not lost.
        logger.error(  # noqa: TRY400
            "a task was not started: %s",
            error,
            extra={"event": "task_not_started", "queue": queue, "reason": str(error)},
        )
        time.sleep(_PAUSE_SECONDS)
        return
    stale = _why_stale(resources)
    seal = resources.known_seal.seal
    try:
        body = seal.open(queue, sealed)
    except NotOurs as error:
        _refusals.add(f"a task in queue {queue}", str(error), started)
        return
    try:
        if stale is not None:
            raise stale
        task = decode(body)
    except (ChatTasksError, ValueError) as error:
        _refuse(seal, body, members, error, started)
        return
    operation = messaging.process(messaging.CELERY, queue, task.records, {messaging.MESSAGE_ID: task.task_id})
    try:
        with inside(tracer().below(task.trace).begin(operation, since)):
            pipeline = resources.redis.pipeline(transaction=False)
            results, done = work(task, resources, pipeline)
            _reply(pipeline, task.reply_to, task.task_id, started, results, seal=seal, work=done)
    except RedisError as error:
        _cannot_answer(task.task_id, error)


def _why_stale(resources: WorkerResources) -> ChatTasksError | None:
    """Why the seal could not be renewed; None if it is new enough to work by."""
    try:
        resources.known_seal.renew()
    except ChatTasksError as error:
        return error
    return None


def _refuse(seal: Seal, body: bytes, members: str, error: Exception, started: float) -> None:
    """Answer `retry` for every member of a task that was not started: another, newer worker may be able to do it."""
    reason = str(error)
    logger.error("a task was not started: %s", reason, extra={"event": "task_not_started", "reason": reason})
    try:
        document: dict[str, Any] = orjson.loads(body)
        reply_to, task_id = document["reply_to"], document["task"]
        results = [Failure(Answer.RETRY, reason) for _ in document[members]]
    except (KeyError, TypeError, ValueError):
        logger.error(  # noqa: TRY400
            "it has no address to answer to and is dropped; its dispatcher sends it again",
            extra={"event": "task_without_address"},
        )
        return
    try:
        with connect_redis(settings()) as redis:
            _reply(redis.pipeline(transaction=False), reply_to, task_id, started, results, seal=seal)
    except RedisError as unreachable:
        _cannot_answer(task_id, unreachable)


def _reply(
    pipeline: Pipeline,
    reply_to: str,
    task_id: str,
    started: float,
    results: Sequence[Result],
    *,
    seal: Seal,
    work: Work | None = None,
) -> None:
    reply = encode_reply(task_id, time.monotonic() - started, results, work)
    pipeline.rpush(reply_to, seal.close(reply_to, reply))
    pipeline.expire(reply_to, REPLY_LIFETIME)
    pipeline.execute()


def _cannot_answer(task_id: str, error: RedisError) -> None:
    reason = describe_redis_error(settings(), error)
    logger.warning(
        "task %s could not be answered, its dispatcher sends it again: Redis: %s",
        task_id,
        reason,
        extra={
            "event": "task_not_answered",
            "task_id": task_id,
            "dependency": "redis",
            "reason": reason,
        },
    )
