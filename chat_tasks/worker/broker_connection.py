"""A worker's connection to Redis: tried again within two seconds (by default within half a minute), and sure of queues.

Whoever can write to Redis can put anything into a queue. kombu ends a worker over what is no JSON, Celery shows the
body of what is no task of ours, and a task names the queue that it wants to be from. So a task's queue is the list in
which it was found, and nothing but our tasks gets from there to Celery.
"""

import logging
import time
from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection
from kombu.transport.redis import Channel, Transport

from chat_tasks.celery_app import queues
from chat_tasks.formats.celery_body import TASK_CONTENT_TYPE
from chat_tasks.formats.tasks import APPEND_TASK, LATEST_TASK
from chat_tasks.refusals import Refusals

_refusals = Refusals(logging.getLogger(__name__))


class QueueChannel(Channel):
    """Passes over elements of queues that are no JSON."""

    def _brpop_read(self, **options: Any) -> bool | None:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-any-return, no-untyped-call]
        except ValueError:
            _refusals.add("an element of a queue", "it is no task", time.monotonic())
            return True


class QueueTransport(Transport):
    """Gives each task the queue in which it was found, and passes over what is no task."""

    Channel = QueueChannel

    def _deliver(self, message: Any, queue: str) -> None:
        if queue in queues:
            if not _is_task(message):
                _refusals.add(f"an element of queue {queue}", "it is no task", time.monotonic())
                return
            message["properties"]["delivery_info"] = {"exchange": "", "routing_key": queue}
        super()._deliver(message, queue)  # type: ignore[no-untyped-call]


def _is_task(message: Any) -> bool:
    try:
        headers, properties = message["headers"], message["properties"]
        return (
            headers["task"] in {APPEND_TASK, LATEST_TASK}
            and isinstance(headers["id"], str)
            and message["content-type"] == TASK_CONTENT_TYPE
            and {"body_encoding", "delivery_tag"} <= properties.keys()
        )
    except (AttributeError, KeyError, TypeError):
        return False


class QuickConnection(Connection):
    """Waits a quarter of a second after the first failure, a quarter longer each time, two seconds at most."""

    def ensure_connection(self, *arguments: Any, **chosen: Any) -> Any:
        """Connect as kombu does, with shorter waits."""
        intervals = {"interval_start": 0.25, "interval_step": 0.25, "interval_max": 1.75}
        return super().ensure_connection(*arguments, **{**intervals, **chosen})  # type: ignore[no-untyped-call]

    def get_transport_cls(self) -> type[Transport]:
        """The transport, whatever the URL's scheme: there are only those of Redis."""
        return QueueTransport


class QuickAMQP(AMQP):  # type: ignore[misc]
    """Celery's maker of connections, with the quick ones."""

    Connection = QuickConnection
