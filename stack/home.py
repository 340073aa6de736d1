"""Where the jars, data and logs of the local servers live."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def home_folder() -> Path:
    """`CHAT_STACK_HOME` where it is set, else `.stack` in the project root."""
    chosen = os.environ.get("CHAT_STACK_HOME")
    return Path(chosen).expanduser().resolve() if chosen else PROJECT_ROOT / ".stack"


def jars_folder() -> Path:
    """Where the fetched jars are kept; test servers share them with the development ones."""
    return home_folder() / "jars"
