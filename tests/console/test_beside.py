"""The console's end is not that of the processes beside it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stack.processes.ports import free_port
from stack.waiting import wait_until

SECONDS = 60.0


@pytest.mark.parametrize(
    ("exit_code", "said"),
    [
        (2, "The console is not started: a setting is wrong, or something is not installed"),
        (3, "The console ended with exit code 3; it is started again every 5 s"),
    ],
)
def test_a_console_that_ends_is_told_of_and_its_supervisor_stays(tmp_path: Path, exit_code: int, said: str) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        beside = subprocess.Popen(
            [sys.executable, "-m", "console.beside", "sh", "-c", f"exit {exit_code}"],
            env={**os.environ, "CHAT_CONSOLE_PORT": str(free_port())},
            stderr=output,
        )
    try:
        assert wait_until(lambda: said in log.read_text(), SECONDS), log.read_text()
        assert beside.poll() is None
    finally:
        beside.terminate()
    assert beside.wait(SECONDS) == 0
