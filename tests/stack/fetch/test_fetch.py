"""Fetching the jars of a server, once, from the repository that the user's settings name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.errors import FetchError
from stack.fetch.fetch import fetch, fetched_folder
from tests.stack.fetch.repository import Repository, repository

CONTENT = b"classes" * 10_000


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Repository]:
    """A repository that `~/.m2/settings.xml` names as the mirror, and a pinned list of two jars in it."""
    with repository() as offered:
        settings = tmp_path / "home" / ".m2" / "settings.xml"
        settings.parent.mkdir(parents=True)
        mirror = f"<mirror><mirrorOf>central</mirrorOf><url>{offered.address}</url></mirror>"
        settings.write_text(f"<settings><mirrors>{mirror}</mirrors></settings>")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        pinned = tmp_path / "kafka.txt"
        pinned.write_text("".join(f"{offered.add(name, CONTENT).line()}\n" for name in ("first", "second")))
        monkeypatch.setattr("stack.fetch.jar_list.list_path", lambda _: pinned)
        yield offered


def test_a_folder_has_its_name_only_when_it_is_complete(offered: Repository, tmp_path: Path) -> None:
    jars = tmp_path / "jars"
    second = offered.files.popitem()
    with pytest.raises(FetchError, match="second"):
        fetch("kafka", jars)
    assert not fetched_folder("kafka", jars).exists()

    offered.files.update([second])
    folder = fetch("kafka", jars)
    assert folder == fetched_folder("kafka", jars)
    assert {path.name for path in folder.iterdir()} == {"first-1.0.jar", "second-1.0.jar"}
    assert [path for path, _ in offered.asked].count("/org/example/first/1.0/first-1.0.jar") == 1

    offered.files.clear()
    assert fetch("kafka", jars) == folder
