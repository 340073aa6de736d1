"""Asks a server again and again, so that nobody has to wait for one."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from chat_tasks.backoff import Backoff
from chat_tasks.errors import ChatTasksError

Value = TypeVar("Value")


@dataclass(frozen=True)
class Reading(Generic[Value]):
    """The newest answer of a server, and whether the server still answers. Times are in seconds since 1970.

    `value` stays when the server goes away: a page shows it as old. `failure` is one line for people.
    """

    value: Value | None = None
    at: float | None = None
    failure: str | None = None
    failing_since: float | None = None

    def answered(self, value: Value, now: float) -> "Reading[Value]":
        """This reading, after the server has answered."""
        return Reading(value, now)

    def failed(self, reason: str, now: float) -> "Reading[Value]":
        """This reading, after the server has not answered."""
        since = now if self.failing_since is None else self.failing_since
        return Reading(self.value, self.at, reason, since)


class Source(Generic[Value]):
    """Calls `read` every `seconds`, in a thread of its own, and keeps what it returned last.

    `Picture` owns a source for each server and stops it at its end. `reading` may be read in any thread: it is
    replaced as a whole. `read` is called in the source's thread only, may block, and raises
    `ChatTasksError` if the server does not answer. Any other exception is a bug: it becomes the failure that the page
    shows, and is raised in the thread, which ends.
    """

    def __init__(self, name: str, read: Callable[[], Value], seconds: float) -> None:
        self.name = name
        self.reading: Reading[Value] = Reading()
        self._read = read
        self._seconds = seconds
        self._looks = threading.Semaphore(0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"source {name}", daemon=True)

    def start(self) -> None:
        """Start asking; returns at once."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for one more call to end, whether it succeeds or fails; False if none does within these seconds."""
        return self._looks.acquire(timeout=seconds)

    def stop(self) -> None:
        """Stop asking, soon."""
        self._stop.set()

    def _run(self) -> None:
        failures, backoff = 0, Backoff(first=self._seconds, longest=max(5.0, self._seconds))
        while self._begin():
            try:
                self.reading = self.reading.answered(self._read(), time.time())
            except ChatTasksError as error:
                failures += 1
                self.reading = self.reading.failed(str(error), time.time())
            except Exception as error:
                self.reading = self.reading.failed(f"a bug: {type(error).__name__}", time.time())
                raise
            else:
                failures = 0
            self._looks.release()
            self._pause(backoff.delay(failures) if failures else self._seconds)

    def _begin(self) -> bool:
        """Whether to ask; False ends the thread."""
        return not self._stop.is_set()

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)
