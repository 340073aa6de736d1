"""The dashboard: Prometheus understands every expression, and every series that one names exists."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from ruamel.yaml import YAML

from chat_tasks.metrics.definitions import ALL
from tests.observability.dashboard import DASHBOARD, panels
from tests.observability.names import series_names


def test_prometheus_understands_every_expression(promtool: Path, tmp_path: Path) -> None:
    """As rules, of which promtool reads many at once."""
    expressions = [expression for panel in panels() for expression, _ in panel.targets]
    rules = tmp_path / "rules.yaml"
    recorded = [{"record": f"one:{index}", "expr": text} for index, text in enumerate(expressions)]
    with rules.open("w") as file:
        YAML().dump({"groups": [{"name": "dashboard", "rules": recorded}]}, file)
    result = subprocess.run([promtool, "check", "rules", rules], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(expressions)} rules found" in result.stdout


def test_it_shows_every_metric_and_names_no_other() -> None:
    text = " ".join(expression for panel in panels() for expression, _ in panel.targets)
    named = set(re.findall(r"\bchat_tasks_\w+", text))
    assert named <= {name for metric in ALL for name in series_names(metric)}
    assert [metric.name for metric in ALL if not named & set(series_names(metric))] == []


def test_whoever_imports_it_chooses_the_data_source() -> None:
    board = json.loads(DASHBOARD.read_text())
    variables = {variable["name"]: variable["type"] for variable in board["templating"]["list"]}
    assert variables == {"datasource": "datasource", "job": "query"}
    assert set(re.findall(r'"uid": "([^"]*)"', DASHBOARD.read_text())) == {"${datasource}", "chat-tasks"}


def test_each_panel_has_its_place() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
