"""How often measurements of each size came: a few numbers that cost a microsecond to add to."""

from bisect import bisect_left

# Seconds, from a transaction on an idle machine to a time after which somebody should have looked.
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Histogram:
    """Counts by size.

    The owner of what is measured owns the histogram, and one thread adds to it. Another may read it meanwhile: then a
    measurement may be in the counts and not yet in `total`. Invariant: counts never fall. No method raises.
    """

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...] = SECONDS) -> None:
        """Of no measurements; a measurement counts in the first of these ascending `bounds` that it does not exceed."""
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float, times: int = 1) -> None:
        """Add a measurement that was made so many times. A negative one counts as 0: clocks of machines differ."""
        value = max(0.0, value)
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times

    def cumulative(self) -> list[tuple[str, float]]:
        """How many measurements do not exceed each bound, as Prometheus writes it; the last bound is `+Inf`."""
        counts, reached, found = list(self.counts), 0, []
        for bound, count in zip([*map(str, self.bounds), "+Inf"], counts, strict=True):
            reached += count
            found.append((bound, float(reached)))
        return found
