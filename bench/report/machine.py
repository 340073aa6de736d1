"""What the figures were measured on, and with which code."""

from __future__ import annotations

import os
import platform
import subprocess

import psutil

from stack.home import PROJECT_ROOT


def describe_machine() -> dict[str, str | int | float]:
    """For the results: processors, memory, versions, commit, and how busy the machine was before."""
    return {
        "commit": _git("describe", "--always", "--dirty"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": psutil.cpu_count() or 0,
        "memory_gigabytes": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": os.getloadavg()[0],
    }


def _git(*words: str) -> str:
    result = subprocess.run(("git", *words), cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    return result.stdout.strip() or "not a checkout"
