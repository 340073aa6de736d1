"""A disk that can be filled without harm to anybody else."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_MEGABYTES = 1024


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Make `folder` a disk of its own, in memory, inside the context. Raises `CalledProcessError` if not allowed to."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", "tmpfs", str(folder))
    try:
        yield
    finally:
        _run("umount", str(folder))


def remove_with_disks(home: Path) -> None:
    """Remove `home` and all in it, mounted disks too: a run that was killed leaves them."""
    for folder in home.glob("*"):
        if folder.is_mount():
            _run("umount", str(folder))
    shutil.rmtree(home, ignore_errors=True)


@cache
def can_make_disks() -> bool:
    """Whether this user of this machine may mount, which takes root and, in a container, a privileged one."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder)):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
