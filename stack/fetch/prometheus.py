"""Prometheus and its `promtool`, which check alerts and dashboards: those of this machine, else Debian's package."""

from __future__ import annotations

import shutil
from pathlib import Path

from stack.fetch.debian import unpack
from stack.home import home_folder

_PACKAGE = "prometheus"


def find_prometheus_tool(name: str) -> Path:
    """The path of `promtool` or `prometheus`; fetches them once. Raises `MissingToolError` if there is no way to."""
    if (installed := shutil.which(name)) is not None:
        return Path(installed)
    folder = home_folder() / _PACKAGE
    unpack([_PACKAGE], folder)
    return folder / "usr" / "bin" / name
