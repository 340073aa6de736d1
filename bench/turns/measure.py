"""The latency of each variant at each rate, hop by hop."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from bench.conditions.arena import new_arena
from bench.conditions.conditions import Conditions
from bench.conditions.loads import LOADS, index_of
from bench.contestants.roster import CONTESTANTS
from bench.errors import BenchError
from bench.measure.latency import IDLE
from bench.race.collector import Collector
from bench.race.race import Race
from bench.race.steady_sender import SteadySender
from bench.turns.hops import Stamp, budget
from bench.turns.variants import TURN_SECONDS, turn_at

_PROCFILE = Path(__file__).parents[1] / "procfiles" / "turns"
_PATIENCE_SECONDS = 60.0
# The first messages of a turn wait for what the turn before has begun.
_SETTLED_SECONDS = 0.5
_IDLE_RATE = 3.3


@dataclass(frozen=True, slots=True)
class Turns:
    """One variant at one rate, in milliseconds: each message's latency, and what it took for each hop."""

    variant: str
    rate: int
    milliseconds: Sequence[float]
    hops: Mapping[str, Sequence[float]]


def measure_turns(variants: Sequence[str], rates: Sequence[int], conditions: Conditions) -> Iterator[Turns]:
    """Send at each rate for `conditions.seconds` while the variants take turns. Raises `BenchError`."""
    contestant = replace(CONTESTANTS["chat-tasks"], procfile=_PROCFILE)
    load = LOADS["2000"]
    with new_arena(conditions.servers) as plain:
        arena = replace(plain, environment={**plain.environment, "BENCH_TURNS": ",".join(variants)})
        folder = conditions.folder / "turns"
        with (
            contestant.running(arena, load, conditions, folder),
            Collector(arena.settings) as collector,
        ):
            race = Race(arena.settings, load, collector, 1)
            race.warm_up()
            sent: dict[int, SteadySender] = {}
            for rate in rates:
                sent[rate] = _send(race, rate, conditions.seconds)
            race.judge(contestant)
            # The bridges write their stamps at the begin of each turn.
            time.sleep(2 * TURN_SECONDS)
            read = [("read", index_of(orjson.loads(one.value)["body"]), one.read_at) for one in race.collector.outputs]
            stamps = [*read, *_stamps(folder)]
        for rate, sender in sent.items():
            for variant in variants:
                yield _of_variant(variant, variants, rate, sender, stamps)


def _send(race: Race, rate: int, seconds: float) -> SteadySender:
    sender = SteadySender(race.settings)
    actual = _IDLE_RATE if rate == IDLE else rate
    before = len(race.collector.outputs)
    messages = race.more(round(actual * seconds))
    thread = sender.start(messages, actual)
    if not race.collector.collect(before + len(messages), seconds + _PATIENCE_SECONDS):
        raise BenchError(f"{rate} messages a second were too many")
    thread.join()
    return sender


def _stamps(folder: Path) -> Iterator[Stamp]:
    for path in folder.glob("*.stamps"):
        for line in path.read_bytes().splitlines():
            hop, index, at = orjson.loads(line)
            yield hop, index, at


def _of_variant(
    variant: str, variants: Sequence[str], rate: int, sender: SteadySender, stamps: Sequence[Stamp]
) -> Turns:
    mine = {
        index: due_at
        for index, due_at in sender.due_at.items()
        if (turn := turn_at(due_at, variants))[0] == variant and turn[1] >= _SETTLED_SECONDS
    }
    latencies = [(at - mine[index]) * 1000 for hop, index, at in stamps if hop == "read" and index in mine]
    hops = {hop: [one * 1000 for one in took] for hop, took in budget(mine, stamps).items()}
    return Turns(variant, rate, latencies, hops)
