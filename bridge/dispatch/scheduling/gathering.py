"""Waits a moment after the first record of a burst, so that one task takes what belongs together.

The records of one transaction of ingest reach dispatch in pieces, a partition or some at a time. Sending each piece in
a task of its own would cost as much for every piece.
"""


class Gathering:
    """Records that come within `seconds` of the first one are gathered.

    `Dispatch` owns the gathering, uses it in the loop's thread, and keeps it until the loop ends. It holds no records:
    it only says how long the schedulers' records should wait. Invariant: it makes no record wait longer than `seconds`.
    Times are seconds of any monotonic clock. No method raises.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0
        self._has_any = False

    def arrived(self, now: float) -> None:
        """Take note that records have arrived."""
        if not self._has_any:
            self._has_any = True
            self._until = now + self._seconds

    def flushed(self) -> None:
        """Take note that all gathered records are being sent."""
        self._has_any = False

    def more_until(self, now: float) -> float | None:
        """The time until which to wait for more records; None if there is nothing to wait for."""
        return self._until if self._has_any and now < self._until else None
