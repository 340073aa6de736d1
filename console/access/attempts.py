"""Bounds how often a password may be tried."""

from collections import deque

_TRIES = 10
_SECONDS = 60.0


class Attempts:
    """Counts wrong passwords of the last minute, of all clients together.

    The console owns one and uses it in the event loop. Clients are not told apart: behind a proxy all have one address,
    and a client with many addresses would have as many tries. Invariant: it holds at most ten times.
    """

    def __init__(self) -> None:
        self._failures: deque[float] = deque(maxlen=_TRIES)

    def seconds_to_wait(self, now: float) -> float:
        """The seconds until a password may be tried again; 0 if one may be tried now."""
        if len(self._failures) < _TRIES:
            return 0.0
        return max(0.0, self._failures[0] + _SECONDS - now)

    def failed(self, now: float) -> None:
        """Take note of a wrong password."""
        self._failures.append(now)
