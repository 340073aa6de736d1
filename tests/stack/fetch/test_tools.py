"""Finding Java and Maven, and saying what to install where they are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stack.errors import MissingToolError
from stack.fetch.tools import find_java, find_maven, java_version

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def without_java_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)


def java_that_says(text: str, home: Path) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho '{text}' >&2\n")
    java.chmod(0o755)
    return java


@pytest.mark.usefixtures("without_java_home")
def test_without_java_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingToolError, match=r"(?s)no java on PATH.*Debian.*apt.*Fedora.*dnf.*macOS.*brew"):
        find_java()


def test_without_maven_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingToolError, match=r"(?s)no mvn on PATH.*Debian.*apt.*Fedora.*dnf.*macOS.*brew"):
        find_maven()


def test_a_java_home_without_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingToolError, match=f"no java in JAVA_HOME .{tmp_path}"):
        find_java()


def test_java_home_comes_before_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = java_that_says('openjdk version "21.0.4" 2024-07-16', tmp_path)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java() == java


@pytest.mark.parametrize("version", ["1.8.0_412", "11.0.23", "25"])
def test_a_java_that_runs_only_one_of_the_servers_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str
) -> None:
    java_that_says(f'openjdk version "{version}"', tmp_path)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingToolError, match=r"(?s)is Java (8|11|25);.*Java 17 to 23.*apt"):
        find_java()


def test_a_java_that_only_says_that_there_is_none_is_refused(tmp_path: Path) -> None:
    java = java_that_says("Unable to locate a Java Runtime.", tmp_path)
    with pytest.raises(MissingToolError, match="Unable to locate a Java Runtime"):
        java_version(java)
