"""What a Java server loads at its start, kept for the next start: class data sharing (JEP 350).

Java's own classes are in a base archive. On top of it, a Kafka that ends in an orderly way writes down its classes, for
which it needs some seconds; those that start later map them into memory. Cassandra has the base only: on Java 21 it
loads none of its classes from an archive on top.
"""

from __future__ import annotations

import hashlib
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Sequence

_USE = "-XX:SharedArchiveFile="
_WRITE = "-XX:ArchiveClassesAtExit="
# It would list the classes that cannot be archived; they are loaded as ever.
_SILENT = "-Xlog:cds*=off"


def class_archive_options(jars: Path, java: Path) -> list[str]:
    """Java's options for a server of these jars: to use its archive, or to write it where there is none."""
    base, archive = _base_of(jars, java), _archive_of(jars, java)
    if archive.exists():
        return [_SILENT, f"{_USE}{archive}" if base is None else f"{_USE}{base}:{archive}"]
    # Several may be at it at once.
    return [*base_archive_options(jars, java), f"{_WRITE}{archive}.{uuid4().hex}"]


def base_archive_options(jars: Path, java: Path) -> list[str]:
    """Java's options for a server that uses the base archive only."""
    base = _base_of(jars, java)
    return [_SILENT] if base is None else [_SILENT, f"{_USE}{base}"]


def archive_written_by(command: Sequence[str]) -> Path | None:
    """The path at which a process with this command line writes an archive at its end, or None."""
    return next((Path(word.removeprefix(_WRITE)) for word in command if word.startswith(_WRITE)), None)


def keep_archive(written: Path) -> None:
    """Give the archive its name, after the process has ended in an orderly way; it may have written none."""
    with suppress(FileNotFoundError):
        written.replace(written.with_suffix(""))


def _base_of(jars: Path, java: Path) -> Path | None:
    """The archive of Java's own classes, on which that of a server stands; None if Java has brought one itself.

    A trimmed Java brings none: it is written here, which takes a second or two, once.
    """
    if any(java.resolve().parent.parent.glob("lib/server/*.jsa")):
        return None
    base = jars.with_name(f"java-{_digest(java)}.jsa")
    if not base.exists():
        written = base.with_suffix(f".jsa.{uuid4().hex}")
        subprocess.run([java, "-Xshare:dump", f"{_USE}{written}"], check=True, capture_output=True)
        written.rename(base)
    return base


def _archive_of(jars: Path, java: Path) -> Path:
    """The archive's path. Its name tells jars and Java: Java refuses an archive of other ones."""
    return jars.with_name(f"{jars.name}-{_digest(java, str(jars.resolve()))}.jsa")


def _digest(java: Path, *more: str) -> str:
    binary = java.resolve()
    identity = " ".join((*more, str(binary), str(binary.stat().st_mtime_ns)))
    return hashlib.sha256(identity.encode()).hexdigest()[:16]
