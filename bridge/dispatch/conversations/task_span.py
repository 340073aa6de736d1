"""The span of sending a task: the worker's spans are below it."""

from collections.abc import Iterable

from bridge.kafka.headers import Headers
from chat_tasks.conversation.routing import queue_name
from chat_tasks.settings import Settings
from chat_tasks.tracing import messaging
from chat_tasks.tracing.spans import NOT_RECORDED, Span, tracer


def begin_sending(settings: Settings, queue: int, task_id: str, headers: Iterable[Headers], records: int) -> Span:
    """Begin the span of a task with this many records, if one of them is of a sampled trace, as their headers say.

    `TaskSender` ends it. A task that is dropped before it was sent leaves no span.
    """
    parent = tracer().below_senders(headers)
    if parent is None:
        return NOT_RECORDED
    name = queue_name(settings.redis_prefix, queue)
    return parent.begin(messaging.send(messaging.CELERY, name, records, {messaging.MESSAGE_ID: task_id}))
