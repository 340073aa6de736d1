"""Jars over HTTP: checked, kept when cut off, and never taken for what they are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.errors import FetchError
from stack.fetch.download import download
from tests.stack.fetch.repository import Repository, repository

CONTENT = bytes(range(256)) * 1_000


@pytest.fixture
def offered() -> Iterator[Repository]:
    with repository() as offered:
        yield offered


def test_each_jar_comes_once_and_is_counted(offered: Repository, tmp_path: Path) -> None:
    jars = [offered.add(f"jar-{number}", CONTENT[number:]) for number in range(20)]
    counted: list[None] = []
    download(jars, offered.address, tmp_path, lambda: counted.append(None))
    download(jars, offered.address, tmp_path, lambda: counted.append(None))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        jar.file_name: CONTENT[number:] for number, jar in enumerate(jars)
    }
    assert len(counted) == 40
    assert len(offered.asked) == 20


def test_what_was_cut_off_goes_on_where_it_was(offered: Repository, tmp_path: Path) -> None:
    jar = offered.add("large", CONTENT)
    offered.cuts = [100_000]
    with pytest.raises(FetchError, match="the next fetch goes on there"):
        download([jar], offered.address, tmp_path, lambda: None)
    assert [path.name for path in tmp_path.iterdir()] == ["large-1.0.jar.part"]
    there = (tmp_path / "large-1.0.jar.part").stat().st_size

    download([jar], offered.address, tmp_path, lambda: None)
    assert (tmp_path / "large-1.0.jar").read_bytes() == CONTENT
    assert offered.asked == [(f"/{jar.path}", None), (f"/{jar.path}", f"bytes={there}-")]


def test_what_came_whole_and_was_not_named_any_more_is_not_fetched_again(offered: Repository, tmp_path: Path) -> None:
    jar = offered.add("whole", CONTENT)
    (tmp_path / "whole-1.0.jar.part").write_bytes(CONTENT)
    download([jar], offered.address, tmp_path, lambda: None)
    assert (tmp_path / "whole-1.0.jar").read_bytes() == CONTENT


def test_another_jar_under_the_pinned_name_is_refused_and_not_kept(offered: Repository, tmp_path: Path) -> None:
    jar = offered.add("forged", b"something else", pinned=CONTENT)
    with pytest.raises(FetchError, match=rf"{offered.address}/{jar.path} is not the pinned jar.*{jar.sha256}"):
        download([jar], offered.address, tmp_path, lambda: None)
    assert list(tmp_path.iterdir()) == []


def test_a_jar_that_the_repository_lacks_is_named(offered: Repository, tmp_path: Path) -> None:
    jar = offered.add("gone", CONTENT)
    offered.files.clear()
    with pytest.raises(FetchError, match=rf"{offered.address}/{jar.path} cannot be fetched: 404"):
        download([jar], offered.address, tmp_path, lambda: None)
