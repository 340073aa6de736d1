"""What can happen to a process's clock: nothing may depend on the time of day."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.injection import Injection
from tests.chaos.system import System

_HOUR = 3600
_ROOT = Path(__file__).parents[2]


def clock_jumps(kind: str) -> Injection:
    """One process more for a while: it starts with an hour too much, and then loses two."""

    @contextmanager
    def inject(system: System, _: random.Random) -> Iterator[None]:
        name = f"{kind}.8"
        clock = system.deployment.folder / f"{name}.clock"
        clock.write_text(str(_HOUR))
        launcher = (sys.executable, "-m", "tests.chaos.jumping_clock", str(clock))
        system.start(name, launcher=launcher, PYTHONPATH=str(_ROOT))
        try:
            clock.write_text(str(-_HOUR))
            yield
        finally:
            system.running.pop(name).stop()

    return inject
