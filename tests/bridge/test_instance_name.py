"""A name is one live process's, and a process that takes it over is seen by the one that had it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bridge.instance_name import InstanceName
from chat_tasks.settings import Settings

ELSEWHERE = """
import sys
from bridge.instance_name import InstanceName
from chat_tasks.settings import Settings

name = InstanceName(Settings(instance_name="one"), "group")
for action in sys.stdin:
    print(getattr(name, action.strip())(), flush=True)
"""


class Elsewhere:
    """The name, as another process has it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def do(self, action: str) -> str:
        """Call this method there; returns what it printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(action + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()


@contextmanager
def another_process() -> Iterator[Elsewhere]:
    with subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Elsewhere(process)
        process.kill()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def name(text: str = "one", group: str = "group") -> InstanceName:
    return InstanceName(Settings(instance_name=text), group)


def test_a_name_is_free_again_as_soon_as_its_process_is_dead() -> None:
    with another_process() as other:
        assert other.do("take") == "True"
        assert not name().take()
    assert name().take()


def test_names_and_groups_do_not_meet() -> None:
    with another_process() as other:
        assert other.do("take") == "True"
        assert name("two").take()
        assert name(group="other").take()


def test_a_process_sees_that_its_name_was_taken_over() -> None:
    with another_process() as first, another_process() as second:
        assert first.do("take") == "True"
        assert first.do("is_shared") == "False"
        assert second.do("take") == "False"
        second.do("take_over")
        assert first.do("is_shared") == "True"
        assert not name().take(), "held twice"


def test_who_took_a_name_over_keeps_it_after_the_first_is_dead() -> None:
    with another_process() as second:
        with another_process() as first:
            assert first.do("take") == "True"
            second.do("take_over")
        assert second.do("is_shared") == "False"
        third = name()
        assert not third.take()
        third.take_over()
        assert second.do("is_shared") == "True"


def test_others_see_that_a_name_is_waited_for() -> None:
    mine = name()
    with another_process() as first:
        assert first.do("take") == "True"
        assert not mine.is_waited_for()
        with another_process() as second:
            assert second.do("take") == "False"
            assert mine.is_waited_for()
            assert not name("two").is_waited_for()
            second.do("take_over")
            assert not mine.is_waited_for()
        with another_process() as third:
            assert third.do("take") == "False"
            assert mine.is_waited_for()
        assert not mine.is_waited_for(), "it is dead"


def test_without_a_file_every_name_is_free(tmp_path: Path) -> None:
    (tmp_path / f"chat-tasks-{os.getuid()}.names").symlink_to(tmp_path / "elsewhere")
    with another_process() as other:
        assert other.do("take") == "True"
        mine = name()
        assert mine.take()
        mine.take_over()
        assert not mine.is_shared()
    assert not (tmp_path / "elsewhere").exists()
