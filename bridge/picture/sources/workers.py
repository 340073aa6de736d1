"""What the workers say of themselves: asks them by a remote command, through Redis."""

import time
from typing import NamedTuple

from chat_tasks.settings import Settings
from chat_tasks.worker.remote_control.control import AboutWorker, ask_workers

_ANSWER_SECONDS = 1.5
# A worker that has ended is shown as missing for so long.
_MISSED_SECONDS = 120.0


class KnownWorker(NamedTuple):
    """A worker by its name in Celery, and what it said last; None if that was not understood.

    `silent_since` is None if it has answered, else when it did so last, in seconds since 1970.
    """

    name: str
    about: AboutWorker | None
    silent_since: float | None = None


class WorkersReader:
    """Asks all workers. A source owns it and calls it in its thread; it keeps those that answered lately."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen: dict[str, tuple[float, KnownWorker]] = {}

    def __call__(self) -> list[KnownWorker]:
        """The workers that answer, and those that did so lately; blocks for a second and a half.

        Raises `DependencyUnavailable`.
        """
        answers = ask_workers(self._settings, _ANSWER_SECONDS)
        now = time.time()
        found = [KnownWorker(name, about) for name, about in answers]
        self._seen = {name: one for name, one in self._seen.items() if now - one[0] < _MISSED_SECONDS}
        missed = [
            one._replace(silent_since=at)
            for name, (at, one) in self._seen.items()
            if name not in {worker.name for worker in found}
        ]
        self._seen |= {one.name: (now, one) for one in found}
        return sorted([*found, *missed], key=lambda one: one.name)
