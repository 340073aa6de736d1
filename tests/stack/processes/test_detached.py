"""Processes that are found again by their pid file."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import orjson
import psutil
import pytest

from stack.errors import NotRunningError
from stack.processes.detached import DetachedProcess
from stack.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLEEP = (shutil.which("sleep") or "sleep", "1000")

DEAF = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
)


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[DetachedProcess]:
    process = DetachedProcess("sleeper", tmp_path)
    process.spawn(SLEEP, os.environ)
    yield process
    process.kill()


def test_another_instance_controls_the_same_process(sleeper: DetachedProcess) -> None:
    again = DetachedProcess("sleeper", sleeper.folder)
    assert again.pid is not None
    assert again.pid == sleeper.pid
    again.kill()
    assert sleeper.pid is None


def test_a_zombie_of_another_process_counts_as_gone(sleeper: DetachedProcess) -> None:
    pid = sleeper.pid
    kill = (
        "import sys; from pathlib import Path; from stack.processes.detached import DetachedProcess; "
        "DetachedProcess('sleeper', Path(sys.argv[1])).kill()"
    )
    # Its parent, which is us, hears nothing of its end before it looks.
    subprocess.run([sys.executable, "-c", kill, str(sleeper.folder)], check=True, timeout=60)
    assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    os.waitpid(pid or 0, 0)


def test_it_has_a_session_of_its_own(sleeper: DetachedProcess) -> None:
    assert sleeper.pid is not None
    assert os.getsid(sleeper.pid) == sleeper.pid


def test_a_recycled_pid_is_left_alone(tmp_path: Path) -> None:
    ourselves = psutil.Process()
    noted = {"pid": ourselves.pid, "started": ourselves.create_time() - 60}
    (tmp_path / "former.pid").write_bytes(orjson.dumps(noted))
    former = DetachedProcess("former", tmp_path)
    assert former.pid is None
    former.kill()  # would end this very test


def test_a_process_that_ended_by_itself_does_not_run(sleeper: DetachedProcess) -> None:
    pid = sleeper.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: sleeper.pid is None, timeout=30)
    assert not psutil.pid_exists(pid), "a zombie is left"


def test_stop_ends_a_paused_process(sleeper: DetachedProcess) -> None:
    pid = sleeper.pid
    assert pid is not None
    sleeper.pause()
    assert wait_until(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, timeout=30)
    sleeper.stop(grace=200)
    assert not psutil.pid_exists(pid)


def test_resume_lets_it_go_on(sleeper: DetachedProcess) -> None:
    pid = sleeper.pid
    assert pid is not None
    sleeper.pause()
    assert wait_until(lambda: psutil.Process(pid).status() == psutil.STATUS_STOPPED, timeout=30)
    sleeper.resume()
    assert wait_until(lambda: psutil.Process(pid).status() == psutil.STATUS_SLEEPING, timeout=30)


def test_stop_kills_what_is_deaf_to_sigterm(tmp_path: Path) -> None:
    deaf = DetachedProcess("deaf", tmp_path)
    deaf.spawn((sys.executable, "-c", DEAF), os.environ)
    assert wait_until(lambda: deaf.log_tail() == "deaf", timeout=30)
    pid = deaf.pid
    assert pid is not None
    deaf.stop(grace=0.1)
    assert not psutil.pid_exists(pid)


def test_what_does_not_run_cannot_be_paused_and_need_not_be_stopped(tmp_path: Path) -> None:
    absent = DetachedProcess("absent", tmp_path)
    absent.stop(grace=1)
    absent.kill()
    assert absent.log_tail() == ""
    with pytest.raises(NotRunningError, match="absent does not run"):
        absent.pause()
    with pytest.raises(NotRunningError, match="absent does not run"):
        absent.resume()
