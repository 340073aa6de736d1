"""Keeps a loop alive: whatever ends it, short of a wrong configuration, is answered by a new one."""

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from confluent_kafka import KafkaException

from bridge.kafka.errors import describe_kafka_error, is_fenced_member
from bridge.loop.events import Stop
from bridge.loop.loop import Loop
from chat_tasks.backoff import Backoff
from chat_tasks.errors import ChatTasksError, ConfigurationError
from chat_tasks.garbage import search_rarely

logger = logging.getLogger(__name__)

_HEALTHY_SECONDS = 30.0
_REPEAT_SECONDS = 60.0
_FENCED_AGAIN_SECONDS = 20.0
_BACKOFF = Backoff(first=0.2)


class Supervisor:
    """Builds loops and runs them, one after the other, until the process is asked to end."""

    def __init__(self, build: Callable[[], Loop]) -> None:
        """`build` may block, and raise `DependencyUnavailable` (waited for) or `ConfigurationError` (the end)."""
        self._build = build
        self._stopping = threading.Event()
        self._loop: Loop | None = None
        self._fenced_at: float | None = None
        self._last_reason = ""
        self._last_said = 0.0

    def run(self) -> int:
        """The process's exit code: 0 after a requested end, 2 where the configuration is wrong."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        search_rarely()
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                self._loop = self._build()
                if self._stopping.is_set():
                    break
                self._loop.run()
            except ConfigurationError as error:
                logger.critical("%s", error)
                return 2
            except (KafkaException, ChatTasksError) as error:
                if is_fenced_member(error) and self._is_fenced_again():
                    logger.critical(
                        "another process with the same name has taken over; give each its own CHAT_INSTANCE_NAME"
                    )
                    return 2
                reason = describe_kafka_error(error) if isinstance(error, KafkaException) else str(error)
                if self._is_news(reason):
                    logger.warning("starting again: %s", reason)
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                if self._is_news(reason):
                    logger.exception("starting again after a bug")
            else:
                break
            finally:
                self._loop = None
                # A loop is part of cycles, and holds its clients' threads and connections until it is found.
                gc.collect()
            failures = 1 if time.monotonic() - started > _HEALTHY_SECONDS else failures + 1
            self._stopping.wait(_BACKOFF.delay(failures))
        return 0

    def _is_fenced_again(self) -> bool:
        """Once may be a mistake of the client's, which fences itself where it lost its session and did not notice.

        Of two processes with one name the elder is fenced, then by its return the younger, then the elder again.
        """
        now = time.monotonic()
        again = self._fenced_at is not None and now - self._fenced_at < _FENCED_AGAIN_SECONDS
        self._fenced_at = now
        return again

    def _is_news(self, reason: str) -> bool:
        """One line a minute for the same trouble: an hour of it is not worth a thousand lines."""
        now = time.monotonic()
        if reason == self._last_reason and now - self._last_said < _REPEAT_SECONDS:
            return False
        self._last_reason, self._last_said = reason, now
        return True

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self._stopping.is_set():
            sys.stderr.flush()
            os._exit(128 + number)
        self._stopping.set()
        if (loop := self._loop) is not None:
            loop.post(Stop())
