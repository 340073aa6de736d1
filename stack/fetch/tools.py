"""Finding Java and Maven."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from stack.errors import MissingToolError

# Kafka 4 needs Java 17; Java 24 dropped the security manager that Cassandra 5.0 installs at start.
OLDEST_JAVA = 17
NEWEST_JAVA = 23

INSTALL = """\
  Debian, Ubuntu: sudo apt install openjdk-17-jdk-headless maven   (openjdk-21-jdk-headless on Debian 13)
  Fedora:         sudo dnf install java-21-openjdk-headless maven
  macOS:          brew install openjdk@21 maven && export JAVA_HOME="$(brew --prefix openjdk@21)\""""


def find_java() -> Path:
    """The java of `JAVA_HOME`, else the first on `PATH`.

    Raises `MissingToolError` when there is none, or one whose version does not run both Kafka and Cassandra.
    """
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if found is None or not Path(found).exists():
        where = f"in JAVA_HOME ({home})" if home else "on PATH"
        raise MissingToolError(f"no java {where}: Kafka and Cassandra need it. To install it:\n{INSTALL}")
    java = Path(found)
    version = java_version(java)
    if not OLDEST_JAVA <= version <= NEWEST_JAVA:
        raise MissingToolError(
            f"{java} is Java {version}; Kafka and Cassandra together need Java {OLDEST_JAVA} to {NEWEST_JAVA}. "
            f"Point JAVA_HOME at one, or install one:\n{INSTALL}"
        )
    return java


def find_maven() -> Path:
    """The mvn on `PATH`. Raises `MissingToolError` when there is none."""
    found = shutil.which("mvn")
    if found is None:
        raise MissingToolError(f"no mvn on PATH: Maven fetches the servers. To install it:\n{INSTALL}")
    return Path(found)


@cache
def java_version(java: Path) -> int:
    """The feature version of `java`, 17 for instance. Raises `MissingToolError` when it does not tell."""
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    match = re.search(r'version "(\d+)(?:\.(\d+))?', answer.stderr)
    if match is None:
        # macOS has a /usr/bin/java that only says that there is no Java.
        said = answer.stderr.strip() or f"exit code {answer.returncode}"
        raise MissingToolError(f"{java} -version does not name a version ({said}). To install Java:\n{INSTALL}")
    feature, minor = match.groups()
    return int(minor) if feature == "1" and minor else int(feature)
