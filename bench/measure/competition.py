"""Everybody on every load, side by side in each repetition: what else the machine does meets all of them.

Each repetition begins with another contestant: the servers, Cassandra most of all, get faster the longer they run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bench.conditions.conditions import Conditions
from bench.conditions.loads import LOADS
from bench.contestants.roster import CONTESTANTS
from bench.measure.latency import Latency, measure_latency
from bench.measure.limit import LIMIT, measure_limit
from bench.measure.throughput import Throughput, measure_throughput

CLOSED = "chat-tasks-closed"
"""chat-tasks on closed servers of its own."""

NAMES = (*CONTESTANTS, LIMIT, CLOSED)
INSTALLED = [name for name in NAMES if name not in CONTESTANTS or CONTESTANTS[name].is_installed]
"""The contestants that can run here; `make bench` installs the others."""


def compete_in_throughput(
    names: Sequence[str], loads: Sequence[str], repetitions: Iterable[int], conditions: Conditions
) -> Iterator[Throughput]:
    """Run every contestant on every load; yields each run as soon as it is over. Raises `BenchError`."""
    for repetition in repetitions:
        for load in loads:
            for name in _rotated(names, repetition):
                if name == LIMIT:
                    yield measure_limit(LOADS[load], repetition, conditions)
                elif name == CLOSED and conditions.closed is not None:
                    yield measure_throughput(
                        replace(CONTESTANTS["chat-tasks"], name=CLOSED),
                        LOADS[load],
                        repetition,
                        replace(conditions, servers=conditions.closed),
                    )
                elif CONTESTANTS[name].can_take(LOADS[load]):
                    yield measure_throughput(CONTESTANTS[name], LOADS[load], repetition, conditions)


def compete_in_latency(
    names: Sequence[str], rates: Sequence[int], repetitions: Iterable[int], conditions: Conditions
) -> Iterator[Latency]:
    """Run every contestant at every rate; yields its rates as soon as it is done with all. Raises `BenchError`."""
    for repetition in repetitions:
        for name in _rotated(names, repetition):
            if name in CONTESTANTS:
                yield from measure_latency(CONTESTANTS[name], rates, repetition, conditions)


def _rotated(names: Sequence[str], repetition: int) -> list[str]:
    first = (repetition - 1) % len(names)
    return [*names[first:], *names[:first]]
