"""How many tasks to have in flight: enough to keep every worker busy, and hardly more.

A task beyond that number only waits in Redis, where its records cannot join a larger batch any more. By Little's law
(J. Little, "A Proof for the Queuing Formula L = λW", Operations Research 9(3), 1961) the number of tasks in service is
the number in flight times the share of a round trip that a worker spends on its task. Twice that number keeps one task
waiting for each one in service. If all tasks in flight are in service at once, workers may be idle; doubling finds that
out.
"""

_SMOOTHING = 0.1


class ConcurrencyLimit:
    """The most tasks to have in flight, which follows the number and the speed of the workers.

    `InFlight` owns the limit, uses it in the loop's thread, and keeps it over assignments until the loop ends.
    Invariant: the limit is at least one and at most `highest`. A smoothed average, a tenth from each answer, hides
    single slow tasks. No method raises.
    """

    def __init__(self, highest: int) -> None:
        self._highest = highest
        self._in_service = 1.0

    @property
    def tasks(self) -> int:
        """The most tasks to have in flight now."""
        return min(self._highest, round(2 * self._in_service) + 1)

    def observe(self, outstanding: int, round_trip: float, service: float) -> None:
        """Take note of an answered task.

        `outstanding` is the number of tasks in flight, the answered one included. `round_trip` and the worker's own
        time `service` are in seconds.
        """
        share = min(1.0, max(0.0, service) / round_trip) if round_trip > 0 else 1.0
        self._in_service += (outstanding * share - self._in_service) * _SMOOTHING
