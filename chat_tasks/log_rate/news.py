"""What is worth a line in the log: a trouble is told once a minute, however often it is met."""

import time

_REPEAT_SECONDS = 60.0


class News:
    """Remembers the troubles of the last minute.

    Whoever logs troubles that it meets again and again owns one, and asks it in one thread. No method raises.
    """

    def __init__(self) -> None:
        self._told_at: dict[object, float] = {}

    def is_news(self, trouble: object) -> bool:
        """Whether to tell this trouble: it was not told within the last minute."""
        now = time.monotonic()
        self._told_at = {one: at for one, at in self._told_at.items() if now - at < _REPEAT_SECONDS}
        if trouble in self._told_at:
            return False
        self._told_at[trouble] = now
        return True
