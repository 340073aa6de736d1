"""Which faults happen in which order, and what each of them did to the stream of messages."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from stack.waiting import wait_until
from tests.chaos.faults.catalogue import MOMENTARY, REACTIONS
from tests.chaos.faults.injection import Injection
from tests.chaos.history import Fault, History
from tests.chaos.system.system import System
from tests.chaos.traffic.observer import Observer
from tests.chaos.traffic.workload import Workload

_SENDING_SECONDS = 120.0
_HOLDS = (200, 500, 1000, 2500)
_PAIR_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Step:
    """One or two faults at a time, for as long as it takes to send `hold` messages.

    After faults that last no time as many messages are sent before the next step.
    """

    names: tuple[str, ...]
    hold: int
    seed: int

    def __str__(self) -> str:
        return " + ".join(self.names)


def plan(names: Sequence[str], seed: int, *, pair_share: float = _PAIR_SHARE) -> Iterator[Step]:
    """Rounds without end: in each every fault comes once, in random order, a share of them with a second one.

    A fault that waits for the pipeline to react is never the second: the first one may keep it from reacting.
    """
    choice = random.Random(seed)
    seconds = [name for name in names if not name.endswith(REACTIONS)]
    while True:
        for name in choice.sample(list(names), len(names)):
            together: tuple[str, ...] = (name,)
            if choice.random() < pair_share:
                together = (name, choice.choice([other for other in seconds if _victim(other) != _victim(name)]))
            yield Step(together, choice.choice(_HOLDS), choice.randrange(2**32))


def _victim(name: str) -> str:
    return name.split(maxsplit=1)[0].removesuffix("'s")


@dataclass(frozen=True, slots=True)
class Recovery:
    """Seconds from a fault's end until everything that was sent before it had come out."""

    name: str
    seconds: float


class NotRecovered(AssertionError):
    """Messages did not come out although nothing is wrong any more."""


class Nemesis:
    """Carries out steps under load."""

    def __init__(
        self,
        system: System,
        injections: Mapping[str, Injection],
        workload: Workload,
        observer: Observer,
        history: History,
        *,
        works_through: frozenset[str],
        patience: float,
    ) -> None:
        """With a fault of `works_through` the pipeline has to go on working, not merely to recover.

        `patience`, in seconds, is how long either may take.
        """
        self._system = system
        self._injections = injections
        self._workload = workload
        self._observer = observer
        self._history = history
        self._works_through = works_through
        self._patience = patience
        self.recoveries: list[Recovery] = []

    def inject(self, step: Step) -> Recovery:
        """Inject the faults of a step, heal them, wait until all that was sent before is out. Raises `NotRecovered`."""
        choice = random.Random(step.seed)
        began = time.time()
        with ExitStack() as stack:
            for name in step.names:
                stack.enter_context(self._injections[name](self._system, choice))
            lasts = not MOMENTARY.issuperset(step.names)
            if lasts:
                self._hold(step)
        ended = time.time()
        self._history.faults.append(Fault(str(step), began, ended))
        self.wait_for(self._workload.count, f"after {step}", self._patience)
        recovery = Recovery(str(step), time.time() - ended)
        self.recoveries.append(recovery)
        if not lasts:
            self._hold(step)
        return recovery

    def _hold(self, step: Step) -> None:
        until = self._workload.count + step.hold
        if self._works_through.issuperset(step.names):
            self.wait_for(until, f"during {step}", self._patience)
        assert wait_until(lambda: self._workload.count >= until, _SENDING_SECONDS)

    def wait_for(self, number: int, when: str, patience: float) -> None:
        """Wait until that many messages have come out, at most for `patience` seconds. Raises `NotRecovered`."""
        if not wait_until(lambda: self._observer.complete_below >= number, patience):
            missing = number - self._observer.complete_below
            raise NotRecovered(f"{when}: of {number} messages the last {missing} have not all come out")
