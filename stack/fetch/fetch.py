"""Fetching the jars of the servers, once."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from stack.fetch.download import download
from stack.fetch.jar_list import WANTED, JavaServerName, folder_name, jars_of
from stack.fetch.repository import repository_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def fetched_folder(server: JavaServerName, jars: Path) -> Path:
    """Where the jars of `server` are, or will be, below `jars`."""
    return jars / folder_name(server)


def fetch(server: JavaServerName, jars: Path) -> Path:
    """Make sure that the jars of `server` are below `jars` and return their folder.

    The folder gets its name only when it is complete: an interrupted fetch goes on, a finished one is not repeated.
    Raises `FetchError`.
    """
    target = fetched_folder(server, jars)
    if target.is_dir():
        return target
    jars.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(jars):
        if not target.is_dir():
            partial = jars / f"{target.name}.partial"
            pinned = jars_of(server)
            with _progress() as progress:
                bar = progress.add_task(f"fetching {server}", total=len(pinned))
                download(pinned, repository_address(), partial, lambda: progress.advance(bar))
            partial.rename(target)
    return target


def fetch_all(jars: Path) -> None:
    """Fetch what is missing below `jars`. Raises `FetchError`."""
    for server in WANTED:
        fetch(server, jars)


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


@contextmanager
def _one_at_a_time(jars: Path) -> Iterator[None]:
    """Two commands may fetch at once: the second finds what the first has fetched."""
    with (jars / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
