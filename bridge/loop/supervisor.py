"""Keeps a loop alive: a new loop follows every loop that ends, unless the configuration is wrong."""

import gc
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from confluent_kafka import KafkaException

from bridge.instance_name import InstanceName
from bridge.kafka.errors import describe_kafka_error, is_fenced_member
from bridge.loop.events import Stop
from bridge.loop.handler import LoopHandler
from bridge.loop.health import BridgeHealth
from bridge.loop.loop import AnswerT, Loop
from bridge.loop.measuring.measurements import LoopMeasurements, StartReason, start_reason
from chat_tasks.backoff import Backoff
from chat_tasks.errors import ChatTasksError, ConfigurationError, LoopStalled
from chat_tasks.garbage import search_rarely
from chat_tasks.honcho.orphan import end_with_honcho
from chat_tasks.log_rate.news import News
from chat_tasks.metrics import definitions
from chat_tasks.metrics.metric import Sample

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

    def __init__(
        self, build: Callable[[], Loop], name: InstanceName, health: BridgeHealth, *, measured: LoopMeasurements
    ) -> None:
        """Make a supervisor; `build` makes each loop. The starts of loops are counted in `measured`.

        `build` may block. It may raise `DependencyUnavailable`, after which it is called again, or
        `ConfigurationError`, which ends the process. A process that holds `name` is waited for, at most
        `name.patience` seconds.
        """
        self._build = build
        self._name = name
        self._health = health
        self._measured = measured
        self._reason = StartReason.START
        self._stopping = threading.Event()
        self._loop: Loop | None = None
        self._fenced_at: float | None = None
        self._news = News()

    def measure(self) -> Iterator[Sample]:
        """Which servers answer, and what the loop measures now, if there is one. Called from any thread."""
        states = self._health.dependencies.states
        yield from definitions.DEPENDENCY_UP.samples({name: state.answers for name, state in states.items()})
        if (loop := self._loop) is not None:
            yield from loop.measure()

    def ask(self, question: Callable[[LoopHandler], AnswerT]) -> AnswerT | None:
        """What the loop's handler answers; None if there is no loop, or it does not answer. Called from any thread."""
        loop = self._loop
        return None if loop is None else loop.ask(question)

    def run(self) -> int:
        """The process's exit code: 0 after a requested end, 2 if the configuration is wrong or a namesake took over."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        end_with_honcho()
        search_rarely()
        self._take_name()
        failures = 0
        while not self._stopping.is_set():
            self._health.pulse.beat()
            started = time.monotonic()
            try:
                self._loop = self._health.loop = self._build()
                if self._stopping.is_set():
                    break
                self._measured.starts[self._reason] += 1
                self._loop.run()
            except ConfigurationError as error:
                logger.critical("%s", error, extra={"event": "configuration_wrong", "reason": str(error)})
                return 2
            except (KafkaException, ChatTasksError) as error:
                if is_fenced_member(error) and (self._name.is_shared() or self._is_fenced_again()):
                    logger.critical(
                        "another process with the same name has taken over; give each its own CHAT_INSTANCE_NAME",
                        extra={"event": "name_taken_over"},
                    )
                    return 2
                reason = describe_kafka_error(error) if isinstance(error, KafkaException) else str(error)
                self._reason = start_reason(error)
                server = self._health.failed(error, reason)
                if self._news.is_news(reason):
                    logger.warning(
                        "starting again: %s",
                        reason,
                        extra={
                            "event": "loop_stalled" if isinstance(error, LoopStalled) else "loop_ended",
                            "dependency": server,
                            "reason": reason,
                        },
                    )
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                self._reason = StartReason.BUG
                self._health.failed(error, f"an unexpected {type(error).__name__}, see the log")
                if self._news.is_news(reason):
                    logger.exception("starting again after a bug", extra={"event": "loop_crashed"})
            else:
                break
            finally:
                self._loop = self._health.loop = None
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
            self._health.pulse.beat()
            if self._news.is_news(self._name):
                logger.warning(
                    "%s is at work in group %s already, in another process on this machine: if that process does not "
                    "end within %g s, this one takes its place; give each its own CHAT_INSTANCE_NAME",
                    self._name.text,
                    self._name.group,
                    self._name.patience,
                    extra={"event": "name_in_use"},
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
        self._health.is_ending = True
        if (loop := self._loop) is not None:
            loop.post(Stop())
