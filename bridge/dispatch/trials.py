"""Which queues get one task at a time, because all that came back from them lately was undone.

Where Cassandra is away that is so of every queue. All that waits, sent again and again, kept the processors busy that
Cassandra needs to start, and what had just been sent when it was back was in the way of what came after. The idea is
the circuit breaker's (M. Nygard, "Release It!", 2007).
"""

import msgspec

from chat_tasks.backoff import Backoff

_PATIENCE = 0.5


class _Trouble(msgspec.Struct):
    """`since` and `next_at` are times; `failures` counts the trials that came back undone."""

    since: float
    next_at: float = 0.0
    failures: int = 0


class Trials:
    """Begin once nothing was done for half a second, and end with the first thing that is.

    Where some workers find Cassandra and others do not, something is done all the time. Times are seconds of any
    monotonic clock.
    """

    def __init__(self, backoff: Backoff) -> None:
        """`backoff` says how long to wait between two trials."""
        self._backoff = backoff
        self._troubles: dict[int, _Trouble] = {}

    def undone(self, queue: int, now: float) -> None:
        """Something of that queue has come back undone."""
        trouble = self._troubles.get(queue)
        if trouble is None:
            self._troubles[queue] = _Trouble(since=now)
        elif now >= trouble.since + _PATIENCE and now >= trouble.next_at:
            trouble.failures += 1
            trouble.next_at = now + self._backoff.delay(trouble.failures)

    def done(self, queue: int) -> None:
        """Something of that queue was done."""
        if self._troubles:
            self._troubles.pop(queue, None)

    def next_at(self, queue: int) -> float | None:
        """When the next trial may be sent; None where that queue has none."""
        trouble = self._troubles.get(queue)
        return None if trouble is None or not trouble.failures else trouble.next_at
