"""Programs of Debian's packages, unpacked into a folder: nothing is installed, and no service is started."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from stack.errors import MissingToolError

if TYPE_CHECKING:
    from collections.abc import Sequence


def unpack(packages: Sequence[str], folder: Path) -> None:
    """Unpack the packages, and those of their dependencies that are not installed, into `folder`, once.

    Raises `MissingToolError` if there is no way to.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Two test sessions may want it at once: the second finds what the first has fetched.
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _fetch(packages, folder)


def _fetch(packages: Sequence[str], folder: Path) -> None:
    names = ", ".join(packages)
    if shutil.which("apt-get") is None:
        raise MissingToolError(f"there is no apt-get to fetch {names} with")
    with tempfile.TemporaryDirectory() as archives:
        # apt gives its rights up for the download.
        Path(archives).chmod(0o777)
        if not _download(packages, archives):
            _run("apt-get", "update")
            if not _download(packages, archives):
                raise MissingToolError(f"apt-get cannot download {names}")
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        for archive in Path(archives).glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", archive, part], check=True)
        part.rename(folder)


def _download(packages: Sequence[str], archives: str) -> bool:
    (Path(archives) / "partial").mkdir(exist_ok=True)
    options = ("Debug::NoLocking=1", f"Dir::Cache::archives={archives}")
    return _run(
        *("apt-get", "install", "--download-only", "--reinstall", "--no-install-recommends", "--yes"),
        *(word for option in options for word in ("--option", option)),
        *packages,
    )


def _run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
