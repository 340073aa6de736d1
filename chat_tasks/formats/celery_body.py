"""How a task travels through Celery: the body is the task's one argument, and is not looked at on the way.

kombu's JSON would decode it into dictionaries, one for each message, and that takes a worker as long as writing the
rows; the task decodes it itself (`chat_tasks.formats.tasks`).
"""

from typing import Any

from kombu.serialization import register

TASK_CONTENT_TYPE = "application/x-chat-task+json"


def _arguments(body: bytes) -> tuple[list[bytes], dict[str, Any], dict[str, Any]]:
    """What Celery wants to get from a body: positional and keyword arguments, and what belongs to canvases."""
    return [body], {}, {}


register("chat-task", None, _arguments, content_type=TASK_CONTENT_TYPE, content_encoding="binary")
