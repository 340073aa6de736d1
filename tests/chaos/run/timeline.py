"""A picture of a run: how many messages came out each second, how late they were, and what was done to them."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from stack.percentile import percentile
from tests.chaos.history import History


def draw(history: History, path: Path) -> None:
    """Write a PNG. The history must have at least one output."""
    began = history.outputs[0].at
    acknowledged = {one.body: one.at for one in history.sent}
    throughput: Counter[int] = Counter()
    latencies: defaultdict[int, list[float]] = defaultdict(list)
    for one in history.outputs:
        second = int(one.at - began)
        throughput[second] += 1
        if one.body in acknowledged:
            latencies[second].append(max(0.001, one.at - acknowledged[one.body]))
    seconds = range(max(throughput) + 1)
    figure = Figure(figsize=(max(12.0, len(seconds) / 20), 7.0), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.step(seconds, [throughput[second] for second in seconds], where="post", linewidth=0.8)
    upper.set_ylabel("messages out, a second")
    for share in (0.5, 0.99):
        points = [(second, percentile(sorted(values), share)) for second, values in sorted(latencies.items())]
        lower.plot(*zip(*points, strict=True), ".", markersize=3, label=f"p{share * 100:g}")
    lower.set_yscale("log")
    lower.set_ylabel("from acknowledgement to reader, seconds")
    lower.set_xlabel("seconds")
    lower.legend(loc="upper right")
    for fault in history.faults:
        for axes in (upper, lower):
            axes.axvspan(fault.began - began, fault.ended - began, color="tab:red", alpha=0.15)
        upper.annotate(
            fault.name,
            (fault.began - began, 1.0),
            xycoords=("data", "axes fraction"),
            rotation=90,
            fontsize=6,
            verticalalignment="top",
        )
    figure.savefig(path, dpi=120)
