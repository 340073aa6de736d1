"""Everybody on every load, side by side in each repetition: what else the machine does meets all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.conditions import Conditions
from bench.contestants import CONTESTANTS
from bench.latency import Latency, measure_latency
from bench.limit import LIMIT, measure_limit
from bench.loads import LOADS
from bench.throughput import Throughput, measure_throughput

NAMES = (*CONTESTANTS, LIMIT)


def compete_in_throughput(
    names: Sequence[str], loads: Sequence[str], repetitions: int, conditions: Conditions
) -> Iterator[Throughput]:
    """Each run as soon as it is over. Raises `BenchError`."""
    for repetition in range(1, repetitions + 1):
        for load in loads:
            for name in names:
                if name == LIMIT:
                    yield measure_limit(LOADS[load], repetition, conditions)
                else:
                    yield measure_throughput(CONTESTANTS[name], LOADS[load], repetition, conditions)


def compete_in_latency(
    names: Sequence[str], rates: Sequence[int], repetitions: int, conditions: Conditions
) -> Iterator[Latency]:
    """Each rate of each contestant, as soon as the contestant is done. Raises `BenchError`."""
    for repetition in range(1, repetitions + 1):
        for name in names:
            if name in CONTESTANTS:
                yield from measure_latency(CONTESTANTS[name], rates, repetition, conditions)
