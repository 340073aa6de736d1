"""`python -m stack`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest
from click.testing import CliRunner

from stack.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def empty_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHAT_STACK_HOME", str(tmp_path))


def test_status_of_nothing_lists_the_servers_as_silent() -> None:
    result = CliRunner().invoke(main, ["status", "--json"])
    assert result.exit_code == 1
    shown = orjson.loads(result.stdout)
    never = {"pid": None, "answering": False, "starts": None, "last_exit": None}
    assert shown[:3] == [
        {"name": "kafka", "address": "127.0.0.1:19092", **never},
        {"name": "cassandra", "address": "127.0.0.1:19042", **never},
        {"name": "redis", "address": "127.0.0.1:16379", **never},
    ]
    assert not any(process["answering"] for process in shown)


def test_status_for_people_is_a_line_a_process() -> None:
    result = CliRunner().invoke(main, ["status"])
    assert result.exit_code == 1
    assert "kafka             -  127.0.0.1:19092         does not run" in result.stdout.splitlines()


@pytest.mark.parametrize("command", ["fetch", "up"])
def test_an_error_is_one_clear_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = tmp_path / ".m2" / "settings.xml"
    settings.parent.mkdir()
    settings.write_text("no XML")
    result = CliRunner().invoke(main, [command])
    assert result.exit_code == 1
    assert f"Error: {settings}, which may name a mirror, cannot be read" in result.stderr
    assert "Traceback" not in result.output


def test_down_with_nothing_running_is_fine() -> None:
    assert CliRunner().invoke(main, ["down"]).exit_code == 0
