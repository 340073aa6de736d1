"""What a Java server loads at its start, kept for the next start: class data sharing for applications (JEP 350).

The first server that ends in an orderly way writes down its classes, for which it needs some seconds; those that start
later map them into memory. Kafka needs six tenths of the processor time for its start then, Cassandra seven.
"""

from __future__ import annotations

import hashlib
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
    """Java's options for a server of these jars: to use the archive, or to write it where there is none."""
    archive = _archive_of(jars, java)
    if archive.exists():
        return [_SILENT, f"{_USE}{archive}"]
    # Several may be at it at once.
    return [_SILENT, f"{_WRITE}{archive}.{uuid4().hex}"]


def archive_written_by(command: Sequence[str]) -> Path | None:
    """The path at which a process with this command line writes an archive at its end, or None."""
    return next((Path(word.removeprefix(_WRITE)) for word in command if word.startswith(_WRITE)), None)


def keep_archive(written: Path) -> None:
    """Give the archive its name, after the process has ended in an orderly way; it may have written none."""
    with suppress(FileNotFoundError):
        written.replace(written.with_suffix(""))


def _archive_of(jars: Path, java: Path) -> Path:
    """The archive's path. Its name tells jars and Java: Java refuses an archive of other ones."""
    binary = java.resolve()
    identity = f"{jars.resolve()} {binary} {binary.stat().st_mtime_ns}"
    return jars.with_name(f"{jars.name}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.jsa")
