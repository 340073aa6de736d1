"""Fetching the servers' jars with Maven."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from stack.errors import FetchError
from stack.fetch.redis_binary import unpack_redis
from stack.fetch.tools import find_maven

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POMS = Path(__file__).parent / "poms"
SERVERS = ("kafka", "cassandra", "redis")


def fetched_folder(server: str, jars: Path) -> Path:
    """Where the jars of `server` ("kafka", "cassandra" or "redis") are, or will be, below `jars`."""
    version = ET.parse(POMS / f"{server}.xml").findtext("{*}version")
    return jars / f"{server}-{version}"


def fetch(server: str, jars: Path) -> Path:
    """Make sure that the jars of `server` are below `jars` and return their folder.

    The folder gets its name only when it is complete: an interrupted fetch starts again, a finished one is not
    repeated. Raises `MissingToolError` without Maven, `FetchError` when Maven fails.
    """
    target = fetched_folder(server, jars)
    if target.is_dir():
        return target
    jars.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(jars):
        if not target.is_dir():
            partial = jars / f"{target.name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            _copy_dependencies(server, partial)
            if server == "redis":
                unpack_redis(partial)
            partial.rename(target)
    return target


def fetch_all(jars: Path, report: Callable[[str], None]) -> None:
    """Fetch what is missing below `jars`. Raises what `fetch` raises."""
    for server in SERVERS:
        if fetched_folder(server, jars).is_dir():
            continue
        report(f"{server}: fetching")
        began = time.monotonic()
        folder = fetch(server, jars)
        report(f"{server}: fetched into {folder} in {time.monotonic() - began:.1f} s")


def _copy_dependencies(server: str, folder: Path) -> None:
    result = subprocess.run(
        [
            *(find_maven(), "--batch-mode", "--quiet", "--file", POMS / f"{server}.xml"),
            *("dependency:copy-dependencies", f"-DoutputDirectory={folder}", "-DincludeScope=runtime"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise FetchError(f"Maven could not fetch {server}:\n{result.stdout.strip()}")


@contextmanager
def _one_at_a_time(jars: Path) -> Iterator[None]:
    """Two commands may fetch at once, and Maven's local repository is not made for that."""
    with (jars / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
