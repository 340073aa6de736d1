"""The tools of Prometheus."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack.fetch.prometheus import find_prometheus_tool


@pytest.fixture(scope="session")
def promtool() -> Path:
    """Prometheus's tool for rules and queries."""
    return find_prometheus_tool("promtool")
