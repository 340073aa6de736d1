"""Waits a moment for what belongs together.

A transaction of the ingest reaches dispatch in pieces, a partition or some at a time. What is sent piece by piece costs
as much for each of them.
"""


class Gathering:
    """Pieces that come within `seconds` of the first one. Times are seconds of any monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0
        self._has_any = False

    def arrived(self, now: float) -> None:
        """A piece has come."""
        if not self._has_any:
            self._has_any = True
            self._until = now + self._seconds

    def flushed(self) -> None:
        """Whatever had come is on its way."""
        self._has_any = False

    def more_until(self, now: float) -> float | None:
        """Until when to wait for more; None where there is nothing to wait for."""
        return self._until if self._has_any and now < self._until else None
