"""Waits a moment after the first record of a burst, so that one task takes what belongs together.

The records of one transaction of ingest reach dispatch in pieces, a partition or some at a time. Sending each piece in
a task of its own would cost as much for every piece. A transaction with one record has one piece, and waits for
nothing.
"""

from math import inf

_WEIGHT = 0.1


class Gathering:
    """Records are gathered for as long as the pieces of a burst lately took to come, and no longer than `seconds`.

    `Dispatch` owns the gathering, uses it in the loop's thread, and keeps it until the loop ends. It holds no records:
    it only says how long the schedulers' records should wait. A burst is what comes within `seconds` of its first
    piece, whether that was flushed or not. The time from first to last piece is a smoothed average, a tenth from each
    burst. Invariant: it makes no record wait longer than `seconds`. Times are seconds of any monotonic clock. No method
    raises.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._first = self._last = -inf
        self._spread = 0.0
        self._until = 0.0
        self._has_any = False

    def arrived(self, now: float) -> None:
        """Take note that records have arrived."""
        if now - self._first > self._seconds:
            if self._first > -inf:
                self._spread += (self._last - self._first - self._spread) * _WEIGHT
            self._first = now
            self._until = now + self.expected_spread()
        self._last = now
        self._has_any = True

    def flushed(self) -> None:
        """Take note that all gathered records are being sent."""
        self._has_any = False

    def more_until(self, now: float) -> float | None:
        """The time until which to wait for more records; None if there is nothing to wait for."""
        return self._until if self._has_any and now < self._until else None

    def expected_spread(self) -> float:
        """Seconds that the last piece of a burst will probably come after the first."""
        return self._spread
