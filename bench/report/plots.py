"""The results as pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bench.conditions.loads import LOADS
from bench.measure.latency import IDLE, Latency
from bench.measure.throughput import Throughput
from bench.report.summary import Spread, medians, of_load

_COLOURS = {
    "chat-tasks": "tab:blue",
    "textbook": "tab:red",
    "textbook-8": "tab:pink",
    "lwt": "tab:orange",
    "lwt-500": "tab:olive",
    "quix-streams": "tab:green",
    "limit": "tab:grey",
}


def draw_throughput(runs: Sequence[Throughput], path: Path) -> None:
    """Write a PNG: messages a second of everybody on each load, medians, with the lowest and highest of the runs."""
    loads = list(dict.fromkeys(run.load for run in runs))
    contestants = [name for name in _COLOURS if any(run.contestant == name for run in runs)]
    figure, axes = _figure(width=max(7.0, 2.2 * len(loads)))
    width = 0.8 / len(contestants)
    for place, name in enumerate(contestants):
        found = [
            (number + (place - (len(contestants) - 1) / 2) * width, Spread.of([run.rate for run in mine]))
            for number, load in enumerate(loads)
            if (mine := of_load(runs, load).get(name))
        ]
        axes.bar(
            [at for at, _ in found],
            [spread.middle for _, spread in found],
            width,
            yerr=_whiskers(spread for _, spread in found),
            color=_COLOURS[name],
            label=name,
            capsize=2,
        )
        for at, spread in found:
            axes.annotate(
                f"{spread.middle:,.0f}",
                (at, spread.high),
                ha="center",
                va="bottom",
                fontsize=6,
                rotation=90,
                xytext=(0, 3),
                textcoords="offset points",
            )
    axes.set_yscale("log")
    axes.margins(y=0.15)
    axes.set_ylabel("messages/s")
    axes.set_xticks(range(len(loads)), [LOADS[load].title.replace(", ", ",\n") for load in loads], fontsize=8)
    _finish(figure, axes, path)


def draw_processor_time(runs: Sequence[Throughput], path: Path) -> None:
    """Write a PNG: where the processor time of one of our messages goes, load by load; nothing without runs of ours."""
    by_load = {
        load: medians([run.processor_microseconds for run in mine])
        for load in dict.fromkeys(run.load for run in runs)
        if (mine := of_load(runs, load).get("chat-tasks"))
    }
    if not by_load:
        return
    figure, axes = _figure(width=max(7.0, 1.4 * len(by_load)))
    beneath = [0.0] * len(by_load)
    for process in sorted({process for used in by_load.values() for process in used}):
        heights = [used.get(process, 0.0) for used in by_load.values()]
        axes.bar(range(len(by_load)), heights, 0.6, bottom=beneath, label=process)
        beneath = [low + height for low, height in zip(beneath, heights, strict=True)]
    axes.set_ylabel("processor µs a message")
    axes.set_xticks(range(len(by_load)), [LOADS[load].title.replace(", ", ",\n") for load in by_load], fontsize=8)
    _finish(figure, axes, path)


def draw_latency(runs: Sequence[Latency], path: Path) -> None:
    """Write a PNG: the median and the 99th percentile of everybody at each rate that it kept up with."""
    rates = sorted({run.rate for run in runs})
    figure, axes = _figure(width=7.0)
    for name, colour in _COLOURS.items():
        for style, share in (("-o", "p50"), ("--o", "p99")):
            points = [
                (number, Spread.of(found))
                for number, rate in enumerate(rates)
                if (
                    found := [
                        value
                        for run in runs
                        if (run.contestant, run.rate) == (name, rate)
                        and run.milliseconds is not None
                        and (value := getattr(run.milliseconds, share)) is not None
                    ]
                )
            ]
            if points:
                axes.errorbar(
                    [number for number, _ in points],
                    [spread.middle for _, spread in points],
                    fmt=style,
                    yerr=_whiskers(spread for _, spread in points),
                    color=colour,
                    markersize=4,
                    label=f"{name}, {share}",
                )
    axes.set_yscale("log")
    axes.set_ylabel("from a message's time to a reader, ms")
    axes.set_xlabel("messages/s")
    axes.set_xticks(range(len(rates)), ["idle" if rate == IDLE else f"{rate:,}" for rate in rates])
    _finish(figure, axes, path)


def _whiskers(spreads: Iterable[Spread]) -> tuple[list[float], list[float]]:
    found = list(spreads)
    return [one.middle - one.low for one in found], [one.high - one.middle for one in found]


def _figure(width: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _finish(figure: Figure, axes: Axes, path: Path) -> None:
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    figure.legend(loc="outside right upper", fontsize=8)
    figure.savefig(path, dpi=120)
