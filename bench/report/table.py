"""The results for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple

from rich.table import Table

from bench.conditions.loads import LOADS
from bench.measure.growth import Growth
from bench.measure.latency import IDLE, Latency
from bench.measure.scaling import Scaling
from bench.measure.throughput import Throughput
from bench.report.summary import Spread, medians, of_load, ratios

OURS = "chat-tasks"
# The nodes of a cluster are named `kafka-1`, and what stands before a server `redis-tls`.
_SERVERS = ("kafka", "cassandra", "redis")
_WATCHED = ("ingest", "dispatch", "worker", "redis")


def throughput_table(runs: Sequence[Throughput], load: str) -> Table:
    """One load, a line a contestant."""
    table = _table(LOADS[load].title, "", "messages/s", f"{OURS} is", "processor µs a message", "of servers", "faults")
    by_contestant = of_load(runs, load)
    for name, mine in by_contestant.items():
        factor = None if name == OURS else ratios(by_contestant.get(OURS, []), mine)
        used = medians([run.processor_microseconds for run in mine])
        servers = of_servers(used)
        table.add_row(
            name,
            spread_text(Spread.of([run.rate for run in mine])),
            "" if factor is None else f"{spread_text(factor)} times",
            f"{sum(used.values()) - servers:,.0f}",
            f"{servers:,.0f}",
            f"{sum(run.faults for run in mine)}",
        )
    return table


def of_servers(used: Mapping[str, float]) -> float:
    """The servers' part of what processes have used, by name."""
    return sum(value for process, value in used.items() if process.startswith(_SERVERS))


def usage_table(runs: Sequence[Throughput], load: str) -> Table:
    """One load, a line a process."""
    table = _table(f"{LOADS[load].title}: processes", "", "", "processor µs a message", "largest process, MB")
    for name, mine in of_load(runs, load).items():
        memory = medians([run.usage.largest_memory for run in mine])
        for process, used in medians([run.processor_microseconds for run in mine]).items():
            table.add_row(name, process, f"{used:,.0f}", f"{memory[process] / 1e6:,.0f}")
        table.add_section()
    return table


def latency_table(runs: Sequence[Latency]) -> Table:
    """A line a contestant and rate; medians of the repetitions, in milliseconds."""
    table = _table("latency, ms", "", "messages/s", "p50", "p90", "p99", "highest")
    by_line: dict[tuple[str, int], list[Latency]] = {}
    for run in sorted(runs, key=lambda run: run.rate):
        by_line.setdefault((run.contestant, run.rate), []).append(run)
    for (contestant, rate), mine in by_line.items():
        found = [run.milliseconds for run in mine if run.milliseconds is not None]
        title = "idle" if rate == IDLE else f"{rate:,}"
        if len(found) < len(mine):
            table.add_row(contestant, title, "fell behind")
            continue
        columns = zip(*(astuple(percentiles) for percentiles in found), strict=True)
        table.add_row(contestant, title, *map(_percentile_text, columns))
    return table


def growth_table(steps: Sequence[Growth]) -> Table:
    """A line a step; each process at its largest until then, in megabytes."""
    table = _table(
        "growth", "", "messages", "messages/s", "latest messages, ms: p50", "p99", *(f"{one}, MB" for one in _WATCHED)
    )
    for step in steps:
        memory = {**step.largest_memory, "redis": step.redis_bytes}
        table.add_row(
            LOADS[step.load].title,
            f"{step.messages:,}",
            f"{step.rate:,.0f}",
            f"{step.latest_milliseconds.p50:,.1f}",
            _percentile_text([step.latest_milliseconds.p99]),
            *(f"{memory[one] / 1e6:,.0f}" for one in _WATCHED),
        )
    return table


def scaling_table(steps: Sequence[Scaling]) -> Table:
    """A line a step, in the order in which they were measured, against the first."""
    table = _table("worker processes, changed live", "", "processes", "messages/s", "the first, times")
    for step in steps:
        first = next(one.rate for one in steps if one.load == step.load)
        table.add_row(LOADS[step.load].title, f"{step.processes}", f"{step.rate:,.0f}", f"{step.rate / first:.2f}")
    return table


def spread_text(spread: Spread) -> str:
    """The median, and in brackets the lowest and the highest if they differ."""
    digits = 0 if spread.middle >= 100 else 1
    middle, low, high = (f"{value:,.{digits}f}" for value in (spread.middle, spread.low, spread.high))
    return middle if low == high else f"{middle} ({low} to {high})"


def _percentile_text(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return spread_text(Spread.of(known)) if len(known) == len(values) else "too few"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column else "left")
    return table
