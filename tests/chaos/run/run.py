"""One chaos run: load, faults, healing, draining, and the judgement."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stack.waiting import wait_until
from tests.chaos.checker.anomaly import Anomaly
from tests.chaos.checker.checker import anomalies
from tests.chaos.faults.injection import Injection
from tests.chaos.history import History
from tests.chaos.run.nemesis import Nemesis, NotRecovered, Recovery, Step
from tests.chaos.run.resumption import Resumption, resumptions
from tests.chaos.system.system import PROCESSES, System
from tests.chaos.traffic.observer import Observer
from tests.chaos.traffic.stored import rows_of
from tests.chaos.traffic.workload import Workload

RATE = 500.0
CONVERSATIONS = 300

PATIENCE_SECONDS = 90.0

_WARM_UP_MESSAGES = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a run."""

    history: History
    recoveries: list[Recovery]
    resumed: list[Resumption]
    """One for each fault."""
    anomalies: list[Anomaly]
    dead: list[str]
    """Processes that ended by themselves, with the last they said."""
    stuck: str | None
    """What did not come out although nothing was wrong any more."""
    messages: int
    seconds: float

    @property
    def rate(self) -> float:
        """Messages sent a second."""
        return self.messages / self.seconds


def run(
    system: System,
    injections: Mapping[str, Injection],
    steps: Iterable[Step],
    report: Callable[[str], None],
    *,
    seed: int,
    processes: Sequence[str] = PROCESSES,
    works_through: frozenset[str] = frozenset(),
    patience: float = PATIENCE_SECONDS,
    warm_up_patience: float = PATIENCE_SECONDS,
    rate: float = RATE,
) -> Verdict:
    """Carry out `steps` under a load of `rate` messages a second.

    Those that are left when the pipeline is stuck for `patience` seconds are not carried out; before the first one it
    gets `warm_up_patience` seconds.
    """
    settings = system.deployment.settings
    history = History()
    observer = Observer(settings, history)
    workload = Workload(settings, history, observer, seed=seed, rate=rate, conversations=CONVERSATIONS)
    nemesis = Nemesis(system, injections, workload, observer, history, works_through=works_through, patience=patience)
    system.start(*processes)
    observer.start()
    workload.start()
    began = time.monotonic()
    stuck = None
    try:
        nemesis.wait_for(_WARM_UP_MESSAGES, "before the first fault", warm_up_patience)
        for number, step in enumerate(steps, start=1):
            recovery = nemesis.inject(step)
            report(f"{number:3}. {step} for {step.hold} messages: recovered in {recovery.seconds:.1f} s")
    except NotRecovered as error:
        stuck = str(error)
    finally:
        is_acknowledged = workload.stop()
        seconds = time.monotonic() - began
        drained = wait_until(lambda: is_drained(history, workload, observer), patience)
        observer.stop()
    if not (is_acknowledged and drained):
        stuck = stuck or "at the end"
    history.rows.extend(rows_of(settings))
    history.deleted_below.update(system.deleted_below)
    resumed = resumptions(history, settings.log_partitions)
    return Verdict(
        history, nemesis.recoveries, resumed, anomalies(history), system.dead(), stuck, workload.count, seconds
    )


def is_drained(history: History, workload: Workload, observer: Observer) -> bool:
    """Whether everything that was sent has been answered."""
    return (
        observer.complete_below >= workload.count
        and len(history.blocks) >= len(history.requests)
        and len(history.dead_letters) >= len(history.invalid)
    )
