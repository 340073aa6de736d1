"""Keeps the settings of another pipeline out of demo, tests and benchmarks, which may not join its groups."""

from __future__ import annotations

import os

from chat_tasks.environment import FILE_VARIABLE

_OTHERS = ("CHAT_", "CELERY_", "FLOWER_", "HONCHO_", "OTEL_")
_OURS = "CHAT_STACK_"


def ignore_settings() -> None:
    """Make this process, and all that it starts from now on, read no `.env` and no variable of a pipeline."""
    for name in list(os.environ):
        if name.startswith(_OTHERS) and not name.startswith(_OURS):
            del os.environ[name]
    os.environ[FILE_VARIABLE] = os.devnull
