"""Each alert fires under the fault that it is for, and not before or afterwards."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from chat_tasks.metrics.definitions import ALL
from tests.observability.expected import ALERTS, FIRING, expected, rules
from tests.observability.names import series_names

TESTS = ALERTS.with_name("alerts_test.yaml")
RUNBOOK = ALERTS.parents[2] / "docs" / "alerts.md"


@pytest.fixture(scope="module")
def recorded() -> list[dict[str, Any]]:
    """The tests of promtool, one for each fault."""
    found: list[dict[str, Any]] = YAML(typ="safe").load(TESTS.read_text())["tests"]
    return found


def test_promtool_fires_and_clears_each_alert_on_what_was_recorded(promtool: Path) -> None:
    result = subprocess.run(
        [promtool, "test", "rules", TESTS.name], cwd=TESTS.parent, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_prometheus_takes_the_configuration(promtool: Path) -> None:
    result = subprocess.run(
        [promtool, "check", "config", "prometheus.yml"], cwd=TESTS.parent, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_alert_was_recorded_before_under_and_after_its_fault(recorded: list[dict[str, Any]]) -> None:
    seen = {alert: labels for fault in FIRING.values() for alert, labels in fault.items()}
    assert seen.keys() == rules().keys()
    for test in recorded:
        for alert, labels in FIRING[test["name"]].items():
            looks = [look for look in test["alert_rule_test"] if look["alertname"] == alert]
            firing = [expected(alert, each) for each in labels]
            assert [look.get("exp_alerts", []) for look in looks] == [[], firing, []]
            times = [int(look["eval_time"].removesuffix("s")) for look in looks]
            assert times == sorted(times)
    assert {test["name"] for test in recorded} == FIRING.keys()


def test_the_alerts_name_series_that_there_are() -> None:
    known = {name for metric in ALL for name in series_names(metric)} | {"up"}
    for alert, rule in rules().items():
        named = set(re.findall(r"\bchat_tasks_\w+|\bup\b", rule["expr"]))
        assert named, alert
        assert named <= known, alert


def test_each_alert_has_its_runbook() -> None:
    headings = re.findall(r"^## (\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    assert headings == list(rules())
    for alert, rule in rules().items():
        assert rule["annotations"]["runbook"] == f"docs/alerts.md#{alert.lower()}"
