"""Keeps a loop alive: a new loop follows every loop that ends, unless the configuration is wrong."""

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
from bridge.loop.instance_name import InstanceName
from bridge.loop.loop import Loop
from chat_tasks.backoff import Backoff
from chat_tasks.errors import ChatTasksError, ConfigurationError
from chat_tasks.garbage import search_rarely
from chat_tasks.news import News
from chat_tasks.orphan import end_with_honcho

logger = logging.getLogger(__name__)

_HEALTHY_SECONDS = 30.0
_FENCED_AGAIN_SECONDS = 20.0
_NAME_SECONDS = 0.1
_BACKOFF = Backoff(first=0.2)


class Supervisor:
    """Builds loops and runs them, one after the other, until the process is asked to end.

    A process has one supervisor, made by `run_ingest` or `run_dispatch` and run in the main thread, which gets the
    signals. Invariants: at most one loop exists at a time, and each begins without the state of the one before, except
    what `build` gives it. A failure is followed by a new loop after a backoff, and is logged once a minute if it
    repeats. The first SIGTERM or SIGINT drains the loop, the second ends the process at once. `run` raises no failure
    of a loop: it returns the exit code.
    """

    def __init__(self, build: Callable[[], Loop], name: InstanceName) -> None:
        """Make a supervisor; `build` makes each loop.

        `build` may block. It may raise `DependencyUnavailable`, after which it is called again, or
        `ConfigurationError`, which ends the process. A process that holds `name` is waited for, at most
        `name.patience` seconds.
        """
        self._build = build
        self._name = name
        self._stopping = threading.Event()
        self._loop: Loop | None = None
        self._fenced_at: float | None = None
        self._news = News()

    def run(self) -> int:
        """The process's exit code: 0 after a requested end, 2 if the configuration is wrong or a namesake took over."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        end_with_honcho()
        search_rarely()
        self._take_name()
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
                if is_fenced_member(error) and (self._name.is_shared() or self._is_fenced_again()):
                    logger.critical(
                        "another process with the same name has taken over; give each its own CHAT_INSTANCE_NAME"
                    )
                    return 2
                reason = describe_kafka_error(error) if isinstance(error, KafkaException) else str(error)
                if self._news.is_news(reason):
                    logger.warning("starting again: %s", reason)
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                if self._news.is_news(reason):
                    logger.exception("starting again after a bug")
            else:
                break
            finally:
                self._loop = None
                # A loop is part of reference cycles, and keeps its clients' threads and connections until the collector
                # finds it.
                gc.collect()
            failures = 1 if time.monotonic() - started > _HEALTHY_SECONDS else failures + 1
            self._stopping.wait(_BACKOFF.delay(failures))
        return 0

    def _take_name(self) -> None:
        """Wait for a process of this name to end; take its place if it does not."""
        deadline = time.monotonic() + self._name.patience
        while not self._name.take():
            if self._news.is_news(self._name):
                logger.warning(
                    "%s is at work in group %s already, in another process on this machine: if that process does not "
                    "end within %g s, this one takes its place; give each its own CHAT_INSTANCE_NAME",
                    self._name.text,
                    self._name.group,
                    self._name.patience,
                )
            if time.monotonic() >= deadline:
                self._name.take_over()
                return
            if self._stopping.wait(_NAME_SECONDS):
                return

    def _is_fenced_again(self) -> bool:
        """Whether this member was fenced twice within twenty seconds.

        Being fenced once may be a mistake of the client, which fences itself if it lost its session and did not notice.
        Of two processes with one name the elder is fenced, then by its return the younger, then the elder again.
        """
        now = time.monotonic()
        again = self._fenced_at is not None and now - self._fenced_at < _FENCED_AGAIN_SECONDS
        self._fenced_at = now
        return again

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self._stopping.is_set():
            sys.stderr.flush()
            os._exit(128 + number)
        self._stopping.set()
        if (loop := self._loop) is not None:
            loop.post(Stop())
