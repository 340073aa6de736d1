"""How large the next transaction may be: what is slow is not broken, and gets less at a time.

A quota or a narrow network lets so many bytes a second through. A transaction that is too large for its time-out is
aborted, and the next one would be as large. The rule is like that of TCP's congestion control (RFC 5681): grow while it
goes well, halve if it does not.
"""

from bridge.kafka.transaction import LARGEST_TRANSACTION

_FIRST_BYTES = 64_000
_GROWTH = 1.25
_SLOW_SECONDS = 3.0
# Under a quota each of a transaction's requests, one for each partition, may wait longer than the one before.
_GROWTH_UNDER_A_QUOTA = 1.02
_SLOW_UNDER_A_QUOTA = 0.5


class TransactionSize:
    """The bytes of values that the next transaction may have; a single record may have more.

    The process of a bridge owns the size, and it outlives the loops: a loop that was too slow makes the next one
    careful. It is used in the loop's thread. `seconds` is how long a transaction took, and how long a quota then makes
    the next one wait. `is_throttled` says whether a quota held the transaction back. Without a quota the size stays at
    64 kB or more, because something other than the size is slow then. Once there was a quota the size grows in small
    steps, because a broker lets a burst of ten seconds through before it holds back. No method raises.
    """

    def __init__(self) -> None:
        self.bytes = _FIRST_BYTES
        self._growth, self._slow = _GROWTH, _SLOW_SECONDS

    def is_full(self, size: int) -> bool:
        """Whether a transaction of that size has used most of what it might."""
        return size * 2 > self.bytes

    def committed(self, size: int, seconds: float, *, is_throttled: bool) -> None:
        """Take note of a transaction of that size that was committed."""
        self._note(size, seconds, is_throttled=is_throttled)
        if seconds <= self._slow and self.is_full(size):
            self.bytes = min(LARGEST_TRANSACTION, int(self.bytes * self._growth) + 1)

    def failed(self, size: int, seconds: float, *, is_throttled: bool) -> None:
        """Take note of a transaction of that size that was not committed; if it failed soon, that says nothing."""
        self._note(size, seconds, is_throttled=is_throttled)

    def _note(self, size: int, seconds: float, *, is_throttled: bool) -> None:
        if is_throttled:
            self._growth, self._slow = _GROWTH_UNDER_A_QUOTA, _SLOW_UNDER_A_QUOTA
        if seconds > (_SLOW_UNDER_A_QUOTA if is_throttled else _SLOW_SECONDS) and size:
            least = 1 if is_throttled else min(self.bytes, _FIRST_BYTES)
            self.bytes = max(least, min(self.bytes, size) // 2)
