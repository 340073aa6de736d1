"""Before anything counts, the servers' compilers do their work: it would count against whoever comes first.

Each contestant then has a run of its own that does not count, since each uses other code of the servers than ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.conditions.conditions import Conditions
from bench.conditions.loads import LOADS
from bench.contestants.roster import CONTESTANTS
from bench.measure.competition import compete_in_latency, compete_in_throughput
from bench.measure.latency import measure_latency
from bench.measure.throughput import measure_throughput

_RUNS = 6
_A_SIXTH_LESS = 5 / 6
_RATE = 1_000
_RATE_SECONDS = 40.0
_COMPILED = ("kafka", "cassandra")


def warm_up(contestants: Sequence[str], loads: Sequence[str], rates: Sequence[int], conditions: Conditions) -> None:
    """Drain our backlogs until the servers are warm, or for six runs; then let each contestant run once.

    Java compiles what is used often, and small requests, which latency is measured with, use other code than backlogs.
    So each contestant drains a backlog of the first load, and takes single messages and the first rate.
    """
    warm_the_servers(conditions, steadily=bool(rates))
    if conditions.closed is not None:
        closed = replace(conditions, servers=conditions.closed, folder=conditions.folder / "closed")
        warm_the_servers(closed, steadily=False)
    uncounted = replace(conditions, folder=conditions.folder / "uncounted")
    for _ in compete_in_throughput(contestants, loads[:1], [0], uncounted):
        pass
    if rates:
        for _ in compete_in_latency(contestants, rates[:1], [0], uncounted):
            pass


def warm_the_servers(conditions: Conditions, *, steadily: bool) -> None:
    """Drain our backlogs until the servers are warm, or for six runs; if `steadily`, then send records one by one."""
    ours = CONTESTANTS["chat-tasks"]
    costs: list[float] = []
    while len(costs) < _RUNS and not are_warm(costs):
        folder = conditions.folder / f"warm-up-{len(costs)}"
        used = measure_throughput(ours, LOADS["2000"], 0, replace(conditions, folder=folder)).processor_microseconds
        costs.append(sum(seconds for name, seconds in used.items() if name.startswith(_COMPILED)))
    if steadily:
        measure_latency(ours, [_RATE], 0, replace(conditions, seconds=_RATE_SECONDS))


def are_warm(costs: Sequence[float]) -> bool:
    """Whether the last two runs show no more gain. `costs`: what a message cost in each run, in any unit."""
    return len(costs) > 2 and min(costs[-2:]) > min(costs[:-2]) * _A_SIXTH_LESS
