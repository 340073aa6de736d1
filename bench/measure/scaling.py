"""How the rate follows the number of a worker's processes, changed while it runs as `celery control pool_grow` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.conditions.arena import new_arena
from bench.conditions.conditions import Conditions
from bench.conditions.loads import Load
from bench.contestants.roster import CONTESTANTS
from bench.errors import BenchError
from bench.race.collector import Collector
from bench.race.race import Race
from chat_tasks.worker.remote_control.control import control_app
from stack.pipeline.worker_pool import resize


@dataclass(frozen=True, slots=True)
class Scaling:
    """One backlog, drained by so many processes; `rate` is messages a second."""

    load: str
    processes: int
    rate: float


def measure_scaling(load: Load, processes: Sequence[int], conditions: Conditions) -> Iterator[Scaling]:
    """Drain a backlog of one size with each of these numbers of worker processes, after one that only warms up.

    Raises `BenchError` if the contestant did not do its job.
    """
    contestant = CONTESTANTS["chat-tasks"]
    folder = conditions.folder / f"scaling-{load.name}"
    with (
        new_arena(conditions.servers) as arena,
        contestant.running(arena, load, replace(conditions, workers=processes[0]), folder),
        Collector(arena.settings) as collector,
        control_app(arena.settings) as app,
    ):
        race = Race(arena.settings, load, collector, seed=1)
        count = race.larger(*race.warm_up(), conditions.seconds)
        race.drain(count)
        for number in processes:
            if not resize(app, number):
                raise BenchError(f"the worker has not come to have {number} processes")
            yield Scaling(load.name, number, count / race.drain(count))
        race.judge(contestant)
