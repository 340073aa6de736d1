"""What can happen to a process's clock: nothing may depend on the time of day."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import libfaketime

from tests.chaos.injection import Injection
from tests.chaos.system import System

_JUMPS = ("+1h", "-1h")


def clock_jumps(kind: str) -> Injection:
    """One process more for a while: it starts with an hour too much, and then loses two."""

    @contextmanager
    def inject(system: System, _: random.Random) -> Iterator[None]:
        name = f"{kind}.8"
        ahead, behind = _JUMPS
        clock = system.deployment.folder / f"{name}.clock"
        clock.write_text(ahead)
        _, preloaded = libfaketime.get_reload_information()
        system.start(name, **preloaded, FAKETIME_TIMESTAMP_FILE=str(clock))
        try:
            clock.write_text(behind)
            yield
        finally:
            system.running.pop(name).stop()

    return inject
