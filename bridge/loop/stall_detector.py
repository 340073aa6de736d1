"""Notices a loop that has work, whose servers answer, and that makes no progress."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class StallDetector:
    """Decides whether work has made no progress for `timeout` seconds; a shorter standstill counts as bad luck.

    Times are seconds of any monotonic clock.
    """

    timeout: float
    _progress: int = field(default=-1, init=False)
    _since: float | None = field(default=None, init=False)

    def observe(self, now: float, progress: int, *, has_work: bool, servers_answer: bool) -> bool:
        """Whether the work has stalled. `progress` is any number that changes whenever something gets done."""
        if progress != self._progress or not has_work or not servers_answer:
            self._progress = progress
            self._since = None
            return False
        if self._since is None:
            self._since = now
        return now - self._since >= self.timeout

    def standstill(self, now: float) -> float:
        """For how many seconds the work has made no progress, as far as was observed; called in any thread."""
        since = self._since
        return 0.0 if since is None else now - since
