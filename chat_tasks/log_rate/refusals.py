"""One line a minute for what is found in Redis and refused: whoever can write to Redis must not fill the log."""

import logging
import math

_SECONDS = 60.0


class Refusals:
    """Counts what is refused, says the first one at once, and later ones in one line a minute.

    Each place where something is refused has one, and uses it in one thread. It raises nothing. Times are seconds of
    any monotonic clock.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._count = 0
        self._say_at = -math.inf

    def add(self, what: str, reason: str, now: float) -> None:
        """Count one that is refused; `what` names it, and where it was found."""
        self._count += 1
        if now >= self._say_at:
            self._say_at = now + _SECONDS
            self._logger.warning(
                "%s is refused: %s (%d refused until now)",
                what,
                reason,
                self._count,
                extra={"event": "not_ours_refused", "reason": reason, "count": self._count},
            )
