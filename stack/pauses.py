"""How long to wait before what has ended is started again: longer each time, unless it ran well for a minute."""

from __future__ import annotations

from chat_tasks.backoff import Backoff

_PAUSES = Backoff(first=0.5, longest=30.0)
_HEALTHY_SECONDS = 60.0


class Pauses:
    """The pauses of one process or server, in seconds; used in one thread. No method raises."""

    def __init__(self) -> None:
        self._failures = 0

    def after(self, lived: float) -> float:
        """The pause after an end; `lived` is how long the process had run, in seconds."""
        self._failures = 1 if lived > _HEALTHY_SECONDS else self._failures + 1
        return _PAUSES.delay(self._failures)
