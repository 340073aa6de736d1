"""The pace of transactions: how long after the begin of one transaction the next one may begin."""

from math import exp

from bridge.kafka.transaction import OUTPUTS_PER_TRANSACTION

# What a transaction does not carry, the next one carries. A sooner one than this meets the markers of the one before,
# and librdkafka then tries again after a fixed time that is longer.
_SHORTEST_SECONDS = 0.005
_BUSY_RATE = 500
_AVERAGED_SECONDS = 0.5
_SECONDS_PER_OUTPUT = 0.00025
_LONGEST_FOR_OUTPUTS = 0.1
_LARGEST_SHARE = 0.5
_LONGEST_SECONDS = 0.5


class Pace:
    """The pauses between the begins of transactions.

    Each handler owns a pace, which lives as long as the handler; the `Loop` asks it in its thread, once for each
    transaction. Invariant: a pause is between 5 ms and half a second. Times are seconds of any monotonic clock. No
    method raises.

    A transaction costs the broker and this process as much for one record as for many. So the more outputs there are,
    the longer the next transaction waits for more: `busy_seconds` at 500 outputs a second, 100 ms from 4,000 on.

    Transactions that take long are a sign of busy processors, and transactions are the most likely cause. So
    transactions take half of the time at most, up to a wait of half a second, and the next one carries more. A full
    transaction is exempt from this share: one with as many outputs, or as many bytes (`is_full`), as it may have.
    """

    def __init__(self, busy_seconds: float = _SHORTEST_SECONDS) -> None:
        """Make a pace whose pauses are 5 ms at rest, and `busy_seconds` at 500 outputs a second and more."""
        self._busy_seconds = busy_seconds
        self._rate = 0.0
        self._began_at: float | None = None

    def pause_after(self, outputs: int, began_at: float, took: float, *, is_full: bool = False) -> float:
        """Seconds from the begin of a transaction to the begin of the next one; it took `took` seconds."""
        self._observe(outputs, began_at)
        for_outputs = min(_LONGEST_FOR_OUTPUTS, outputs * _SECONDS_PER_OUTPUT)
        is_full = is_full or outputs >= OUTPUTS_PER_TRANSACTION
        for_others = 0.0 if is_full else min(_LONGEST_SECONDS, took / _LARGEST_SHARE)
        return max(self.shortest_pause(), for_outputs, for_others)

    def shortest_pause(self) -> float:
        """The pause that is made however little the transactions carry, in seconds."""
        busyness = min(1.0, self._rate / _BUSY_RATE)
        return _SHORTEST_SECONDS + busyness * (self._busy_seconds - _SHORTEST_SECONDS)

    def _observe(self, outputs: int, began_at: float) -> None:
        """Average the rate over half a second."""
        seconds = began_at - self._began_at if self._began_at is not None else 0.0
        if seconds > 0:
            self._rate += (outputs / seconds - self._rate) * (1 - exp(-seconds / _AVERAGED_SECONDS))
        self._began_at = began_at
