"""How many records the next task of a queue may hold.

Behind a large task on slow servers everything else of its queue waits for seconds, and so does the answer to the task's
first record. Behind many tasks of which nothing gets done, because Cassandra is away, waits what comes when it is back.
One number answers both: it follows what workers do in the wanted time, halves with each task of which nothing got done,
and at its floor the queue gets a probe now and then: a task of ten records, with a backoff before the next one. The
probe is that of a circuit breaker (M. Nygard, "Release It!", 2007).
"""

from chat_tasks.backoff import Backoff

_FIRST = 100
_FEWEST = 10
_STEP = 2.0
_BACKOFF = Backoff(longest=0.5)


class QueueBudget:
    """The budget of one queue. The `Scheduler` owns it, and drops it with itself.

    The budget doubles or halves at most with every task, and stays between ten records, or `most` if that is less, and
    `most`. Times are seconds of any monotonic clock.
    """

    def __init__(self, most: int, seconds: float, least: int = _FEWEST, backoff: Backoff = _BACKOFF) -> None:
        """Tasks are to take that many `seconds`, and hold no more than `most` records.

        Slow tasks take no more of the budget than down to `least`: some servers take their time whatever a task holds.
        `backoff` says how long to wait between two probes.
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
        """A task is sent: if it is a probe, the next one waits, whatever becomes of this one."""
        if self._opens_at is not None:
            self._wait(now)

    def answered(self, conversations: int, held: int, done: int, seconds: float, now: float) -> None:
        """A worker had a task of so many conversations and records for so long, and has done so many of the records.

        One conversation alone that cannot be written says nothing of the others, a small task nothing of large ones.
        """
        if done:
            self._probes, self._opens_at = 0, None
            if 2 * held >= self._records:
                self._follow(done, seconds)
        elif conversations > 1:
            self._records = max(self._fewest, self._records / _STEP)
            if self._records == self._fewest and self._opens_at is None:
                self._wait(now)

    def _follow(self, done: int, seconds: float) -> None:
        wanted = max(self._least, done * self._seconds / seconds) if seconds > 0 else self._most
        if seconds <= self._seconds:
            wanted = max(wanted, self._records)
        step = min(_STEP, max(1 / _STEP, wanted / self._records))
        self._records = min(self._most, max(self._fewest, self._records * step))

    def _wait(self, now: float) -> None:
        self._probes += 1
        self._opens_at = now + self._backoff.delay(self._probes)
