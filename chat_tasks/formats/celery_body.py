"""The body of a task on its way through Celery: one argument of bytes, which Celery does not decode.

kombu's JSON would decode the body into dictionaries, one for each message, and that takes a worker as long as writing
the rows. The task decodes the body itself (`chat_tasks.formats.tasks`).
"""

from typing import Any

from kombu.serialization import register

TASK_CONTENT_TYPE = "application/x-chat-task+json"


def _arguments(body: bytes) -> tuple[list[bytes], dict[str, Any], dict[str, Any]]:
    """The body as Celery wants it: positional arguments, keyword arguments, and what belongs to canvases."""
    return [body], {}, {}


register("chat-task", None, _arguments, content_type=TASK_CONTENT_TYPE, content_encoding="binary")
