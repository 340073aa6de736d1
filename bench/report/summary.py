"""Many runs in one line: medians, spreads, and ratios of what was measured side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.measure.throughput import Throughput


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some values, the lowest and the highest."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of `values`, in any order. Raises `StatisticsError` if there are none."""
        return cls(median(values), min(values), max(values))


def of_load(runs: Iterable[Throughput], load: str) -> dict[str, list[Throughput]]:
    """The runs on one load by contestant, both in the order in which they first ran."""
    found: dict[str, list[Throughput]] = {}
    for run in runs:
        if run.load == load:
            found.setdefault(run.contestant, []).append(run)
    return found


def ratios(ours: Sequence[Throughput], theirs: Sequence[Throughput]) -> Spread | None:
    """Our rate by theirs, compared within each repetition: the machine is not equally fast in all of them."""
    by_repetition = {run.repetition: run.rate for run in theirs}
    found = [run.rate / by_repetition[run.repetition] for run in ours if run.repetition in by_repetition]
    return Spread.of(found) if found else None


def medians(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each name's values."""
    names = {name for value in values for name in value}
    return {name: median(value[name] for value in values if name in value) for name in sorted(names)}
