"""What a worker does between two connections to Redis: one that refuses commands is waited for, like one that is away.

kombu writes tasks that it cannot put back into their queue to a file, which nobody reads or deletes. Dispatch sends
such tasks again, and their texts belong in no file.
"""

import math
import time
from typing import Any

from celery.bootsteps import RUN, StartStopStep
from kombu.transport.virtual import base

from chat_tasks.backoff import Backoff

_LASTING_SECONDS = 10.0
_BACKOFF = Backoff(first=0.25)

base.emergency_dump_state = lambda *_, **__: None


class Pause(StartStopStep):  # type: ignore[misc]
    """A step of a worker's consumer: waits before the next connection if the last one did not last.

    Redis is there then, and refuses what the worker asks. Celery makes one step with its consumer, and calls it in the
    worker's main thread.
    """

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._failures = 0
        self._failed_at = -math.inf

    def start(self, consumer: Any) -> None:
        """Do nothing: the wait is at the end of a connection, whichever step of the start failed."""

    def stop(self, consumer: Any) -> None:
        """Wait longer each time, and not at all after a connection that lasted ten seconds or if the worker ends."""
        if consumer.blueprint.state != RUN:
            return
        lasted = time.monotonic() - self._failed_at >= _LASTING_SECONDS
        self._failures = 0 if lasted else self._failures + 1
        if self._failures:
            time.sleep(_BACKOFF.delay(self._failures))
        self._failed_at = time.monotonic()
