"""A task that waits in its queue, as whoever can read Redis sees it."""

import base64
from typing import Any, NamedTuple

import orjson
from redis import Redis

from chat_tasks.conversation.routing import queue_name
from chat_tasks.settings import Settings
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS


class QueuedTask(NamedTuple):
    """The element of the queue's list, and the sealed body in it."""

    queue: str
    item: bytes
    sealed: bytes


def queues_of(settings: Settings) -> list[str]:
    return [queue_name(settings.redis_prefix, number) for number in range(settings.queues)]


def queued_task(settings: Settings) -> QueuedTask:
    """Wait for a task, and leave it where it is."""
    found: list[tuple[str, bytes]] = []
    with Redis.from_url(settings.redis_url.get_secret_value()) as redis:

        def look() -> bool:
            found.extend((name, item) for name in queues_of(settings) if (item := redis.lindex(name, -1)) is not None)
            return bool(found)

        assert wait_until(look, PATIENCE_SECONDS)
    queue, item = found[0]
    message: dict[str, Any] = orjson.loads(item)
    return QueuedTask(queue, item, base64.b64decode(message["body"]))


def with_body(task: QueuedTask, body: bytes) -> bytes:
    """The element of a list that has another body in place of the task's."""
    message = orjson.loads(task.item)
    return orjson.dumps({**message, "body": base64.b64encode(body).decode()})
