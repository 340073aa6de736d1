"""Which queues get a task now and then only, because all that came back from them lately was undone.

Where Cassandra is away that is so of every queue. All that waits, sent again and again, kept the processors busy that
Cassandra needs to start, and what had just been sent when it was back was in the way of what came after. The idea is
the circuit breaker's (M. Nygard, "Release It!", 2007).
"""

import msgspec

from chat_tasks.backoff import Backoff

_PATIENCE = 0.5


class _Trouble(msgspec.Struct):
    """Nothing was done since `since`; `next_at` is when the next trial may be sent, after so many `trials`."""

    since: float
    conversation_key: str
    is_of_several: bool = False
    trials: int = 0
    next_at: float = 0.0


class Trials:
    """Begin once nothing was done for half a second, and end with the first thing that is.

    Where some workers find Cassandra and others do not, something is done all the time. And one conversation alone that
    cannot be written holds up no other one. Times are seconds of any monotonic clock.
    """

    def __init__(self, backoff: Backoff) -> None:
        """`backoff` says how long to wait between two trials."""
        self._backoff = backoff
        self._troubles: dict[int, _Trouble] = {}

    def undone(self, queue: int, conversation_key: str, now: float) -> None:
        """That conversation's records have come back undone."""
        trouble = self._troubles.get(queue)
        if trouble is None:
            self._troubles[queue] = _Trouble(now, conversation_key)
            return
        if trouble.conversation_key != conversation_key:
            trouble.is_of_several = True
        if trouble.is_of_several and not trouble.trials and now >= trouble.since + _PATIENCE:
            self._wait(trouble, now)

    def done(self, queue: int) -> None:
        """Something of that queue was done."""
        if self._troubles:
            self._troubles.pop(queue, None)

    def sent(self, queue: int, now: float) -> None:
        """A task of that queue is sent: if it is a trial, the next one waits, whatever becomes of this one."""
        if self.next_at(queue) is not None:
            self._wait(self._troubles[queue], now)

    def next_at(self, queue: int) -> float | None:
        """When the next trial may be sent; None where that queue has none."""
        trouble = self._troubles.get(queue)
        return None if trouble is None or not trouble.trials else trouble.next_at

    def _wait(self, trouble: _Trouble, now: float) -> None:
        trouble.trials += 1
        trouble.next_at = now + self._backoff.delay(trouble.trials)
