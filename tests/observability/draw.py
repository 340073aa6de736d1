"""Draws the dashboard's panels from a recording, as Prometheus computes them: `python -m tests.observability.draw`.

`python -m tests.observability.record "half of the queues"` makes the recording. The picture is docs/dashboard.png: no
Grafana was there to draw it.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from stack.fetch.prometheus import find_prometheus_tool
from stack.home import PROJECT_ROOT
from stack.processes.ports import free_port
from stack.waiting import wait_until
from tests.observability.dashboard import Panel, panels
from tests.observability.record import RECORDED
from tests.observability.recorder import STEP_SECONDS

FAULT = "half of the queues"
PICTURE = PROJECT_ROOT / "docs" / "dashboard.png"
_COLUMNS = 4
_LINES = 9


def store(recorded: dict[str, Any], folder: Path) -> None:
    """Put the recorded series into a folder of a Prometheus server."""
    text = folder / "recorded.om"
    with text.open("w") as file:
        for name, labels, values in recorded["series"]:
            of = ",".join(f'{label}="{value}"' for label, value in labels.items())
            for at, value in zip(recorded["times"], values, strict=True):
                if value is not None:
                    file.write(f"{name}{{{of}}} {value:g} {at:.3f}\n")
        file.write("# EOF\n")
    promtool = find_prometheus_tool("promtool")
    command = [str(promtool), "tsdb", "create-blocks-from", "openmetrics", str(text), str(folder / "data")]
    subprocess.run(command, check=True, capture_output=True)


def ask(port: int, expression: str, times: list[float]) -> list[dict[str, Any]]:
    """What the server computes for each step."""
    query = {"query": expression, "start": times[0], "end": times[-1], "step": STEP_SECONDS}
    with urlopen(f"http://127.0.0.1:{port}/api/v1/query_range?{urlencode(query)}") as answer:
        found: list[dict[str, Any]] = json.loads(answer.read())["data"]["result"]
    return found


def draw(axes: Axes, panel: Panel, port: int, times: list[float]) -> None:
    """One panel."""
    axes.set_title(f"{panel.title} [{panel.unit}]", fontsize=8, loc="left")
    for expression, legend in panel.targets:
        for found in ask(port, expression, times)[:_LINES]:
            label = legend
            for name, value in found["metric"].items():
                # The topics of a test's pipeline end with its number.
                label = label.replace("{{" + name + "}}", re.sub(r"-[0-9]+$", "", value))
            minutes = [(float(at) - times[0]) / 60 for at, _ in found["values"]]
            axes.plot(minutes, [float(value) for _, value in found["values"]], linewidth=0.9, label=label)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=6)
    if axes.lines:
        axes.legend(fontsize=5, loc="upper left", labelspacing=0.2, handlelength=1.2)


def is_ready(port: int) -> bool:
    """Whether the server answers."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/-/ready") as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main() -> None:
    """Draw every panel."""
    mpl.use("Agg")
    recorded = json.loads((RECORDED / f"{FAULT}.json").read_text())
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        store(recorded, folder)
        (folder / "none.yml").write_text("")
        command = [
            str(find_prometheus_tool("prometheus")),
            f"--config.file={folder / 'none.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
            assert wait_until(lambda: is_ready(port), 60)
            shown = list(panels())
            rows = -(-len(shown) // _COLUMNS)
            figure, grid = plt.subplots(rows, _COLUMNS, figsize=(16, 2.2 * rows), layout="constrained")
            for axes, panel in zip(grid.flat, shown, strict=False):
                draw(axes, panel, port, recorded["times"])
            for axes in grid.flat[len(shown) :]:
                axes.set_axis_off()
            figure.savefig(PICTURE, dpi=90)
            server.terminate()
    print(PICTURE)


if __name__ == "__main__":
    main()
