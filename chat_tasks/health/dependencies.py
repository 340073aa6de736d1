"""Which servers answer this process, and since when."""

import time
from collections.abc import Mapping
from typing import NamedTuple


class DependencyState(NamedTuple):
    """Whether a server answers, since which monotonic time, and why not."""

    answers: bool
    since: float
    reason: str = ""


class Dependencies:
    """What this process knows of the servers that it needs, by their names: `kafka`, `cassandra`, `redis`.

    A process has one, which outlives its connections. Those who talk to a server say how it went, in any thread;
    `states` may be read in any thread. No method raises.
    """

    def __init__(self) -> None:
        self._states: dict[str, DependencyState] = {}

    def answered(self, name: str) -> None:
        """Take note that the server answered."""
        known = self._states.get(name)
        if known is None or not known.answers:
            self._states[name] = DependencyState(answers=True, since=time.monotonic())

    def failed(self, name: str, reason: str) -> None:
        """Take note that the server did not answer; `reason` is one line for people."""
        known = self._states.get(name)
        since = known.since if known is not None and not known.answers else time.monotonic()
        self._states[name] = DependencyState(answers=False, since=since, reason=reason)

    def not_needed(self, name: str) -> None:
        """Forget the server: the process has no use for it any more."""
        self._states.pop(name, None)

    @property
    def states(self) -> Mapping[str, DependencyState]:
        """What is known of each server that this process has talked to."""
        return dict(self._states)
