"""The redis-server binary out of the embedded-redis jar."""

from __future__ import annotations

import platform
import re
from typing import TYPE_CHECKING
from zipfile import ZipFile

from stack.errors import FetchError, UnsupportedPlatformError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BINARY = "redis-server"

_PROCESSORS = {"x86_64": "amd64", "amd64": "amd64", "arm64": "arm64", "aarch64": "arm64"}


def unpack_redis(folder: Path) -> None:
    """Put the binary for this machine, named `redis-server`, beside the embedded-redis jar in `folder`.

    Raises `FetchError` when there is no such jar, `UnsupportedPlatformError` when it has no such binary.
    """
    jar = next(folder.glob("embedded-redis-*.jar"), None)
    if jar is None:
        raise FetchError(f"Maven put no embedded-redis jar into {folder}")
    with ZipFile(jar) as archive:
        entry = binary_entry(archive.namelist(), platform.system(), platform.machine())
        binary = folder / BINARY
        binary.write_bytes(archive.read(entry))
    binary.chmod(0o755)


def binary_entry(entries: Sequence[str], system: str, machine: str) -> str:
    """Which of the jar's `entries` is redis-server for `system` ("Linux", "Darwin") on `machine` ("x86_64", …).

    Raises `UnsupportedPlatformError` when none is.
    """
    processor = _PROCESSORS.get(machine.lower(), machine)
    pattern = re.compile(rf"redis-server-[\w.-]+-{re.escape(system.lower())}-{re.escape(processor)}")
    for entry in entries:
        if pattern.fullmatch(entry):
            return entry
    raise UnsupportedPlatformError(
        f"embedded-redis holds no redis-server for {system} on {machine}. "
        "Start a Redis 6.2 or later yourself and point CHAT_REDIS_URL at it."
    )
