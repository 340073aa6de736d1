"""What happens often and for few reasons, as one line a minute and reason."""

from collections.abc import Iterator

_SECONDS = 60.0
_REASONS = 20
OTHER = "other reasons"


class Tally:
    """Counts by reason, and says each reason at once and then at most once a minute, with its count since then.

    Whoever meets the reasons owns it, and uses it in one thread. Reasons may hold numbers that change: from the
    twentieth within a minute on, new ones are counted together. Times are seconds of any monotonic clock. No method
    raises.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._said_at: dict[str, float] = {}

    def add(self, reason: str, count: int = 1) -> None:
        """Count so many for this reason."""
        known = self._counts.keys() | self._said_at.keys()
        if reason not in known and len(known) >= _REASONS:
            reason = OTHER
        self._counts[reason] = self._counts.get(reason, 0) + count

    def due(self, now: float) -> Iterator[tuple[str, int]]:
        """The reasons to say now, each with its count; those are counted from 0 again."""
        if not self._counts:
            return
        self._said_at = {reason: at for reason, at in self._said_at.items() if now - at < _SECONDS}
        for reason in [reason for reason in self._counts if reason not in self._said_at]:
            self._said_at[reason] = now
            yield reason, self._counts.pop(reason)
