"""How much counters have grown since their processes last told of them."""

from collections.abc import Collection, Mapping
from typing import NamedTuple


class Counter(NamedTuple):
    """One counter of one process: the process's name, the metric's name, and the values of its labels in order."""

    process: str
    metric: str
    labels: tuple[tuple[str, str], ...] = ()


class Grown(NamedTuple):
    """By how much a counter has grown, and in how many seconds."""

    amount: float
    seconds: float


class Growth:
    """Remembers what counters were and when, and tells by how much they have grown.

    `History` owns it, and uses it in the thread of its sampler. A counter that is smaller than before belongs to a
    process that was started again: all that it shows has grown since then. A counter that is new has grown by nothing,
    because nobody knows when it began. A process that does not answer for a moment is waited for: what its counters
    have grown by is told once it answers. Invariant: only counters of processes in sight are remembered.
    """

    def __init__(self) -> None:
        self._before: dict[Counter, tuple[float, float]] = {}

    def since_last(
        self, counters: Mapping[Counter, float], now: float, in_sight: Collection[str]
    ) -> dict[Counter, Grown]:
        """The growth of each counter that is told at `now`, since it was told last; times are in seconds.

        `in_sight` has the names of the processes, of those too that do not answer.
        """
        grown: dict[Counter, Grown] = {}
        for counter, value in counters.items():
            at, before = self._before.get(counter, (now, value))
            if at < now:
                grown[counter] = Grown(value - before if value >= before else value, now - at)
        self._before = {counter: told for counter, told in self._before.items() if counter.process in in_sight}
        self._before.update((counter, (now, value)) for counter, value in counters.items())
        return grown
