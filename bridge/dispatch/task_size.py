"""How much one task holds: as much as workers have lately done in some time.

Behind a large task on servers that are slow, because one of them has just started, what waits in the same queue waits
for seconds, and so does the answer to the task's first record.
"""

_FIRST = 100
_FEWEST = 10
_STEP = 2.0


class TaskSize:
    """Doubles or halves at most with every task, towards what takes the wanted time."""

    def __init__(self, most: int, seconds: float, least: int = _FEWEST) -> None:
        """A task is to take so long, within these bounds.

        `least` is for where a task takes its time whatever it holds. It begins with fewer, and has fewer after tasks of
        which nothing got done.
        """
        self._most = most
        self._seconds = seconds
        self._least = min(least, most)
        self._records = float(min(_FIRST, most))

    @property
    def records(self) -> int:
        """The most records that the next task is to hold."""
        return round(self._records)

    def took(self, held: int, done: int, seconds: float) -> None:
        """A worker had a task that held so many records, and has done so many of them in that time."""
        if 2 * held < self._records:
            # A small task tells nothing of large ones.
            return
        wanted = float(_FEWEST)
        if done:
            wanted = max(self._least, done * self._seconds / seconds) if seconds > 0 else self._most
            if seconds <= self._seconds:
                wanted = max(wanted, self._records)
        step = min(_STEP, max(1 / _STEP, wanted / self._records))
        self._records = min(self._most, max(min(_FEWEST, self._most), self._records * step))
