"""What deploy/observability/dashboard.json shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from stack.home import PROJECT_ROOT

DASHBOARD = PROJECT_ROOT / "deploy" / "observability" / "dashboard.json"
EVERY_JOB = ".*"


class Panel(NamedTuple):
    """A panel that draws lines: the title, the unit, and the expressions, each with the text of its legend."""

    title: str
    unit: str
    targets: list[tuple[str, str]]


def panels() -> Iterator[Panel]:
    """The panels in their order, for every job."""
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        if panel["type"] == "timeseries":
            targets = [(one["expr"].replace("$job", EVERY_JOB), one["legendFormat"]) for one in panel["targets"]]
            yield Panel(panel["title"], panel["fieldConfig"]["defaults"]["unit"], targets)
