"""What happened, once and somewhere; and the last 15 minutes of it."""

import threading
from collections.abc import Iterable
from typing import NamedTuple

SECONDS_KEPT = 15 * 60
_MOST = 2_000


class Event(NamedTuple):
    """A line that a process has logged, or that the console would. `at` is in seconds since 1970.

    `level` is a log's, in small letters, and `event` the name by which the documentation has its remedy.
    """

    at: float
    process: str
    level: str
    event: str
    message: str


class EventLog:
    """Events of the last 15 minutes, 2,000 at most.

    The watch owns it. A source's thread and the sampler's add; pages read in any thread. Invariant: what is left out is
    older than all that is kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []

    def add(self, events: Iterable[Event], now: float) -> None:
        """Add events, in any order, and forget those that are too old now."""
        with self._lock:
            kept = [event for event in (*self._events, *events) if now - event.at < SECONDS_KEPT]
            self._events = sorted(kept)[-_MOST:]

    def newest(self, most: int, now: float) -> list[Event]:
        """The newest events of the last 15 minutes, the newest first."""
        with self._lock:
            kept = [event for event in self._events if now - event.at < SECONDS_KEPT]
        return kept[: -most - 1 : -1]
