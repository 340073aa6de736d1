"""The budget of a queue: how many records its next task may hold.

One number answers two troubles. On slow servers, everything else of a queue waits for seconds behind a large task, and
so does the answer to the task's first record. And if Cassandra is away, the records that come when it is back wait
behind many tasks of which nothing gets done. So the budget follows what workers do in the wanted time, and halves with
each task of which nothing got done, or that was not answered in time. At its floor the queue gets a probe now and then:
a task of ten records, with a backoff before the next one. The probe is that of a circuit breaker (M. Nygard, "Release
It!", 2007).
"""

from chat_tasks.backoff import Backoff

_FIRST = 100
_FEWEST = 10
_STEP = 2.0
_BACKOFF = Backoff(longest=0.5)


class QueueBudget:
    """How many records the next task of one queue may hold, and when it may be sent.

    The `Scheduler` owns a budget for each queue, uses it in the loop's thread, and drops it with itself. Invariants:
    the budget at most doubles or halves with each task; it stays between ten records and `most`, or at `most` if that
    is less than ten. While `opens_at` is set, the queue gets probes only; the first record that gets done ends that.
    Times are seconds of any monotonic clock. No method raises.
    """

    def __init__(self, most: int, seconds: float, least: int = _FEWEST, backoff: Backoff = _BACKOFF) -> None:
        """Tasks are to take that many `seconds`, and hold at most `most` records.

        Slow tasks lower the budget to `least` at most, because some servers are slow whatever a task holds. `backoff`
        is the wait between two probes.
        """
        self._most = most
        self._fewest = min(_FEWEST, most)
        self._least = min(least, most)
        self._seconds = seconds
        self._backoff = backoff
        self._records = float(min(_FIRST, most))
        self._probes = 0
        self._opens_at: float | None = None

    @property
    def records(self) -> int:
        """The most records that the next task may hold."""
        return round(self._records)

    @property
    def opens_at(self) -> float | None:
        """The time before which the next probe may not be sent; None if tasks may be sent at any time."""
        return self._opens_at

    def sent(self, now: float) -> None:
        """Take note that a task is sent. If it is a probe, the next probe waits, whatever becomes of this one."""
        if self._opens_at is not None:
            self._wait(now)

    def answered(self, conversations: int, held: int, done: int, seconds: float, now: float) -> None:
        """Take note of a worker's answer to a task of `conversations` conversations.

        The task held `held` records, of which `done` got done in `seconds`. A single conversation that cannot be
        written says nothing of the others, and a small task says nothing of large ones.
        """
        if done:
            self._probes, self._opens_at = 0, None
            if 2 * held >= self._records:
                self._follow(done, seconds)
        elif conversations > 1:
            self._records = max(self._fewest, self._records / _STEP)
            if self._records == self._fewest and self._opens_at is None:
                self._wait(now)

    def lost(self, held: int) -> None:
        """Take note that a task of `held` records was not answered in time, which says nothing of larger ones.

        If servers have become so slow that every task outlasts its deadline, no answer would ever make tasks smaller.
        """
        if 2 * held >= self._records:
            # Tasks that are lost together, of one size, say it once.
            self._records = max(self._fewest, min(self._records, max(self._records, held) / _STEP))

    def _follow(self, done: int, seconds: float) -> None:
        wanted = max(self._least, done * self._seconds / seconds) if seconds > 0 else self._most
        if seconds <= self._seconds:
            wanted = max(wanted, self._records)
        step = min(_STEP, max(1 / _STEP, wanted / self._records))
        self._records = min(self._most, max(self._fewest, self._records * step))

    def _wait(self, now: float) -> None:
        self._probes += 1
        self._opens_at = now + self._backoff.delay(self._probes)
