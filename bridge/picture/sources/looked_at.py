"""Asks a server only while somebody looks at what it says."""

import threading
import time
from collections.abc import Callable

from bridge.picture.sources.source import Reading, Source, Value

_LOOKING_SECONDS = 8.0


class LookedAt(Source[Value]):
    """A source that rests unless somebody has looked within the last eight seconds.

    Pages call `look` and `look_now`, in any thread. Invariant: while nobody looks nothing is asked, and the last
    answer tells how old it is.
    """

    def __init__(self, name: str, read: Callable[[], Value], seconds: float) -> None:
        super().__init__(name, read, seconds)
        self._progress = threading.Condition()
        self._looked_at: float | None = None
        self._is_asking = self._is_urgent = False
        self._answers = 0

    def look(self) -> Reading[Value]:
        """The newest answer; newer ones come as long as this is called again and again."""
        with self._progress:
            self._looked_at = time.monotonic()
            self._progress.notify_all()
            return self.reading

    def look_now(self, seconds: float) -> Reading[Value]:
        """The answer to a question that is asked after this call, or the newest after so many seconds; blocks."""
        with self._progress:
            self._looked_at = time.monotonic()
            # A question that is under way was asked before.
            wanted = self._answers + 1 + self._is_asking
            self._is_urgent = True
            self._progress.notify_all()
            self._progress.wait_for(lambda: self._answers >= wanted, seconds)
            return self.reading

    def stop(self) -> None:
        """Stop asking, soon."""
        super().stop()
        with self._progress:
            self._progress.notify_all()

    def _begin(self) -> bool:
        with self._progress:
            self._progress.wait_for(lambda: self._stop.is_set() or self._is_looked_at())
            self._is_asking, self._is_urgent = not self._stop.is_set(), False
            return self._is_asking

    def _pause(self, seconds: float) -> None:
        with self._progress:
            self._is_asking = False
            self._answers += 1
            self._progress.notify_all()
            self._progress.wait_for(lambda: self._stop.is_set() or self._is_urgent, seconds)

    def _is_looked_at(self) -> bool:
        return self._looked_at is not None and time.monotonic() - self._looked_at < _LOOKING_SECONDS
