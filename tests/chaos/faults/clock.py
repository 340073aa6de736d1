"""What can happen to a process's clock: nothing may depend on the time of day."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.home import PROJECT_ROOT
from tests.chaos.faults.injection import Injection
from tests.chaos.system.system import System

_HOUR = 3600


def clock_jumps(kind: str) -> Injection:
    """A further process for a while: its clock starts an hour ahead, and then falls two hours back."""

    @contextmanager
    def inject(system: System, _: random.Random) -> Iterator[None]:
        name = f"{kind}.8"
        clock = system.deployment.folder / f"{name}.clock"
        _set(clock, _HOUR)
        launcher = (sys.executable, "-m", "tests.chaos.faults.jumping_clock", str(clock))
        system.start(name, launcher=launcher, PYTHONPATH=str(PROJECT_ROOT))
        try:
            _set(clock, -_HOUR)
            yield
        finally:
            system.running.pop(name).stop()

    return inject


def _set(clock: Path, seconds: int) -> None:
    """Write the file in one step: a process that reads it meanwhile finds the old or the new value."""
    new = clock.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(clock)
