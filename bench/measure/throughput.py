"""How fast a contestant drains a backlog, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass

from bench.conditions.arena import new_arena
from bench.conditions.conditions import Conditions
from bench.conditions.loads import Load
from bench.contestants.roster import Contestant
from bench.measure.usage import Usage, UsageMeter, server_processes
from bench.race.collector import Collector
from bench.race.race import Race


@dataclass(frozen=True, slots=True)
class Throughput:
    """One run of one contestant."""

    contestant: str
    load: str
    repetition: int
    messages: int
    seconds: float
    """From the moment the backlog became visible to the broker's time of the last output, or block."""
    faults: int
    usage: Usage

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds

    @property
    def processor_microseconds(self) -> dict[str, float]:
        """Processor time a message, by process."""
        return {name: used * 1e6 / self.messages for name, used in self.usage.processor_seconds.items()}


def measure_throughput(contestant: Contestant, load: Load, repetition: int, conditions: Conditions) -> Throughput:
    """Warm up, then drain a backlog that lasts. Raises `BenchError` if the contestant did not do its job."""
    folder = conditions.folder / f"{load.name}-{contestant.name}-{repetition}"
    with (
        new_arena(conditions.servers) as arena,
        contestant.running(arena, load, conditions, folder) as pipeline,
        Collector(arena.settings) as collector,
    ):
        race = Race(arena.settings, load, collector, repetition)
        count, seconds = race.warm_up()
        while True:
            count = race.larger(count, seconds, conditions.seconds)
            meter = UsageMeter({**pipeline.processes(), **server_processes(conditions.servers)})
            seconds = race.drain(count, meter.sample_memory)
            usage = meter.usage()
            # Short ones say little: the first messages of a backlog find an idle machine.
            if seconds >= conditions.seconds or count >= load.largest_backlog:
                break
        faults = race.judge(contestant)
    return Throughput(contestant.name, load.name, repetition, count, seconds, faults, usage)
