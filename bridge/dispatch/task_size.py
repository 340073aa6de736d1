"""How much one task holds: as much as workers have lately done in some time.

Behind a large task on servers that are slow, because one of them has just started, what waits in the same queue waits
for seconds, and so does the answer to the task's first record.
"""

_FIRST = 100
_FEWEST = 10
_STEP = 2.0


class TaskSize:
    """Doubles or halves at most with every task, towards what takes the wanted time."""

    def __init__(self, most: int, seconds: float) -> None:
        """At most so many records, and a task is to take so long."""
        self._most = most
        self._seconds = seconds
        self._records = float(min(_FIRST, most))

    @property
    def records(self) -> int:
        """The most records that the next task is to hold."""
        return round(self._records)

    def took(self, records: int, seconds: float) -> None:
        """A worker has done so many records in that time; none, where it found no server."""
        fitting = records * self._seconds / seconds if seconds > 0 else self._most
        if fitting > self._records and 2 * records < self._records:
            # That small tasks are done soon tells nothing of large ones.
            return
        step = min(_STEP, max(1 / _STEP, fitting / self._records))
        self._records = min(self._most, max(min(_FEWEST, self._most), self._records * step))
