"""A worker's connection to Redis: tried again within two seconds (by default within half a minute), and sure of queues.

Whoever can write to Redis can put anything into a queue. kombu ends a worker over what is no JSON, Celery shows the
body of what is no task of ours, and a task names the queue that it wants to be from. So a task's queue is the list in
which it was found, and nothing but our tasks gets from there to Celery.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from celery.app.amqp import AMQP
from kombu import Connection
from kombu.transport.redis import Channel, Transport

from chat_tasks.celery_app import queues
from chat_tasks.formats.tasks import TaskName
from chat_tasks.log_rate.refusals import Refusals
from chat_tasks.worker.health.worker_health import health, note_failures

_refusals = Refusals(logging.getLogger(__name__))


class _Headers(msgspec.Struct):
    task: TaskName
    id: str
    argsrepr: str = ""


class _Properties(msgspec.Struct):
    delivery_tag: str
    body_encoding: Literal["base64"]


class _Element(msgspec.Struct, rename={"content_type": "content-type", "content_encoding": "content-encoding"}):
    body: str
    content_type: Literal["application/x-chat-task+json"]
    content_encoding: Literal["binary"]
    headers: _Headers
    properties: _Properties


class QueueChannel(Channel):
    """Passes over elements of queues that are no JSON."""

    def _brpop_read(self, **options: Any) -> bool | None:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-any-return, no-untyped-call]
        except (ValueError, RecursionError):
            _refusals.add("an element of a queue", "it is no task", time.monotonic())
            return True


class QueueTransport(Transport):
    """Gives each task the queue in which it was found, and passes over what is no task."""

    Channel = QueueChannel

    def _deliver(self, message: Any, queue: str) -> None:
        if queue in queues:
            try:
                message = _as_sent(msgspec.convert(message, _Element), queue)
            except msgspec.ValidationError:
                _refusals.add(f"an element of queue {queue}", "it is no task", time.monotonic())
                return
        super()._deliver(message, queue)  # type: ignore[no-untyped-call]


def _as_sent(element: _Element, queue: str) -> dict[str, Any]:
    """The element with the headers of every task of dispatch: Celery would obey others, and may end over them."""
    task_id = element.headers.id
    return {
        "body": element.body,
        "content-type": element.content_type,
        "content-encoding": element.content_encoding,
        "headers": {
            "lang": "py",
            "task": element.headers.task,
            "id": task_id,
            "root_id": task_id,
            "parent_id": None,
            "argsrepr": element.headers.argsrepr,
            "kwargsrepr": "{}",
            "ignore_result": True,
        },
        "properties": {
            "correlation_id": task_id,
            "body_encoding": element.properties.body_encoding,
            "delivery_tag": element.properties.delivery_tag,
            "delivery_info": {"exchange": "", "routing_key": queue},
        },
    }


class QuickConnection(Connection):
    """Waits a quarter of a second after the first failure, a quarter longer each time, two seconds at most."""

    def ensure_connection(self, *arguments: Any, **chosen: Any) -> Any:
        """Connect as kombu does, with shorter waits."""
        intervals = {"interval_start": 0.25, "interval_step": 0.25, "interval_max": 1.75}
        return super().ensure_connection(*arguments, **{**intervals, **chosen})  # type: ignore[no-untyped-call]

    def _ensure_connection(self, errback: Callable[..., None] | None = None, *arguments: Any, **chosen: Any) -> Any:
        """Connect for whoever asks: a heartbeat that Redis does not take tries for ever too."""
        connection = super()._ensure_connection(  # type: ignore[no-untyped-call]
            note_failures(errback), *arguments, **chosen
        )
        health.reached()
        return connection

    def get_transport_cls(self) -> type[Transport]:
        """The transport, whatever the URL's scheme: there are only those of Redis."""
        return QueueTransport


class QuickAMQP(AMQP):  # type: ignore[misc]
    """Celery's maker of connections, with the quick ones."""

    Connection = QuickConnection
