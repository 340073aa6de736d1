"""The jars of each server, pinned: their Maven coordinates and the sums of their bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

JavaServerName = Literal["kafka", "cassandra"]

# What `stack.fetch.renew` starts from. Without a binding of slf4j the broker logs nothing.
WANTED: dict[JavaServerName, tuple[str, ...]] = {
    "kafka": ("org.apache.kafka:kafka_2.13:4.1.1", "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3"),
    "cassandra": ("org.apache.cassandra:cassandra-all:5.0.8",),
}


@dataclass(frozen=True, order=True)
class Jar:
    """One jar of a Maven repository. `classifier` is empty for most; `sha256` is in hexadecimal digits."""

    group: str
    artifact: str
    version: str
    classifier: str
    sha256: str

    @classmethod
    def of_line(cls, line: str) -> Jar:
        """The jar that a line of a list names: `group:artifact:version[:classifier] sha256`."""
        coordinates, sha256 = line.split()
        group, artifact, version, *classifier = coordinates.split(":")
        return cls(group, artifact, version, "".join(classifier), sha256)

    def line(self) -> str:
        """The jar as a line of a list."""
        coordinates = (self.group, self.artifact, self.version, self.classifier)
        return f"{':'.join(part for part in coordinates if part)} {self.sha256}"

    @property
    def file_name(self) -> str:
        """The file's name, in a repository and in the server's folder."""
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{classifier}.jar"

    @property
    def path(self) -> str:
        """Where the jar is in a repository, relative to the repository's address."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.file_name}"


def list_path(server: JavaServerName) -> Path:
    """The file that lists the jars of a server, one a line."""
    return Path(__file__).parent / "jars" / f"{server}.txt"


def jars_of(server: JavaServerName) -> Sequence[Jar]:
    """The jars of a server."""
    return [Jar.of_line(line) for line in list_path(server).read_text().splitlines()]


def folder_name(server: JavaServerName) -> str:
    """The name of the folder of a server's jars: another list has another one."""
    version = WANTED[server][0].rpartition(":")[2]
    return f"{server}-{version}-{hashlib.sha256(list_path(server).read_bytes()).hexdigest()[:8]}"
