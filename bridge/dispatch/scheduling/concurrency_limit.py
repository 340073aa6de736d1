"""How many tasks to have outstanding: enough to keep every worker busy, and hardly more.

What is outstanding beyond that only waits in Redis, where it cannot join a larger batch any more. By Little's law
(J. Little, "A Proof for the Queuing Formula L = λW", Operations Research 9(3), 1961) the tasks in service are the
outstanding ones times the share of their round trip that they were worked on. Twice that keeps one task waiting for
each that is in service; where all of them are in service at once, workers may be idle, and doubling finds out.
"""

_SMOOTHING = 0.1


class ConcurrencyLimit:
    """Follows the number of workers, and their speed, by itself."""

    def __init__(self, highest: int) -> None:
        self._highest = highest
        self._in_service = 1.0

    @property
    def tasks(self) -> int:
        """The most tasks to have outstanding now."""
        return min(self._highest, round(2 * self._in_service) + 1)

    def observe(self, outstanding: int, round_trip: float, service: float) -> None:
        """A task was answered: `outstanding` with itself, its times in seconds; `service` is the worker's own."""
        share = min(1.0, max(0.0, service) / round_trip) if round_trip > 0 else 1.0
        self._in_service += (outstanding * share - self._in_service) * _SMOOTHING
