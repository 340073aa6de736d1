"""How much one task writes again: as much as workers have lately done in a moment.

New records of other conversations wait in the same queues. Behind one large task of a replay, on servers that are slow
because one of them has just started, they waited for seconds.
"""

_SECONDS = 0.15
_FIRST = 100
_FEWEST = 10
_STEP = 2.0


class ReplaySize:
    """Doubles or halves at most with every task, towards what takes 0.15 seconds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._records = float(min(_FIRST, most))

    @property
    def records(self) -> int:
        """The most records that the next task is to hold."""
        return round(self._records)

    def took(self, records: int, seconds: float) -> None:
        """A worker has written so many records again in that time; none, where it was refused."""
        fitting = records * _SECONDS / seconds if seconds > 0 else self._most
        if fitting > self._records and 2 * records < self._records:
            # That small tasks are done soon tells nothing of large ones.
            return
        step = min(_STEP, max(1 / _STEP, fitting / self._records))
        self._records = min(self._most, max(min(_FEWEST, self._most), self._records * step))
