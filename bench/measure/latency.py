"""How long a message takes from the time for which it was meant to a read_committed reader."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from bench.conditions.arena import new_arena
from bench.conditions.conditions import Conditions
from bench.conditions.loads import LOADS, index_of
from bench.contestants.roster import Contestant
from bench.errors import BenchError
from bench.measure.percentiles import Percentiles
from bench.race.collector import Collector
from bench.race.race import Race
from bench.race.steady_sender import SteadySender

IDLE = 0
"""Stands for single messages: each is sent some time after the one before has come out."""

_SETTLE_SECONDS = 1.0
_PATIENCE_SECONDS = 60.0
_GRACE_SECONDS = 3.0
_SINGLES_A_SECOND = 3
_LONGEST_PAUSE_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Latency:
    """One contestant at one rate; `milliseconds` is None where it fell behind that rate."""

    contestant: str
    rate: int
    repetition: int
    messages: int
    milliseconds: Percentiles | None


def measure_latency(
    contestant: Contestant, rates: Sequence[int], repetition: int, conditions: Conditions
) -> list[Latency]:
    """Measure it idle, then at each rate until it falls behind. Raises `BenchError` if it did not do its job."""
    folder = conditions.folder / f"latency-{contestant.name}-{repetition}"
    load = LOADS["2000"]
    found: list[Latency] = []
    with (
        new_arena(conditions.servers) as arena,
        contestant.running(arena, load, conditions, folder),
        Collector(arena.settings) as collector,
    ):
        race = Race(arena.settings, load, collector, repetition)
        race.warm_up()
        sender = SteadySender(arena.settings)
        for rate in (IDLE, *rates):
            if rate == IDLE:
                times = _send_singles(race, sender, conditions.seconds)
            else:
                times = _send_steadily(race, sender, rate, conditions.seconds)
            percentiles = Percentiles.of(times) if times else None
            found.append(Latency(contestant.name, rate, repetition, len(times), percentiles))
            if percentiles is None:
                return found
        race.judge(contestant)
    return found


def _send_singles(race: Race, sender: SteadySender, seconds: float) -> list[float]:
    messages = race.more(round(seconds * _SINGLES_A_SECOND))
    random_ = random.Random(race.seed)
    before = len(race.collector.outputs)
    for number, message in enumerate(messages, start=before + 1):
        # At an unforeseeable phase of whatever the contestant does periodically.
        time.sleep(random_.uniform(0, _LONGEST_PAUSE_SECONDS))
        sender.send(message)
        if not race.collector.collect(number, _PATIENCE_SECONDS):
            raise BenchError(f"a single message did not come out within {_PATIENCE_SECONDS:g} s")
    return _milliseconds(race, sender, before)


def _send_steadily(race: Race, sender: SteadySender, rate: int, seconds: float) -> list[float]:
    """The milliseconds of each message; empty if the outputs did not keep up."""
    settling = round(rate * _SETTLE_SECONDS)
    messages = race.more(settling + round(rate * seconds))
    before = len(race.collector.outputs)
    thread = sender.start(messages, rate)
    keeps_up = race.collector.collect(before + len(messages), len(messages) / rate + _GRACE_SECONDS)
    thread.join()
    return _milliseconds(race, sender, before)[settling:] if keeps_up else []


def _milliseconds(race: Race, sender: SteadySender, before: int) -> list[float]:
    """The milliseconds of the outputs after the first `before` ones, in the order in which they came."""
    arrivals = race.collector.outputs[before:]
    return [
        (arrival.read_at - sender.due_at[index_of(orjson.loads(arrival.value)["body"])]) * 1000 for arrival in arrivals
    ]
