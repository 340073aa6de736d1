"""Processes that outlive the command that started them, found again by their pid file."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson
import psutil

from stack.errors import NotRunningError, StackError
from stack.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_TAIL_BYTES = 3_000

# Start times are relative to the system's clock, which may be set while the process runs.
_CLOCK_STEP_SECONDS = 2.0

_KILL_SECONDS = 60.0


class DetachedProcess:
    """At most one process in a session of its own, with its pid file and its log in `folder`.

    Any other instance on the same folder, in this Python process or another, controls the same process. A recycled
    pid is told apart by its start time, which the pid file keeps.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.log_path = folder / f"{name}.log"
        self._pid_path = folder / f"{name}.pid"

    def spawn(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start `command` (its first word an absolute path); what it prints is appended to the log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        # Not subprocess: a Popen wants to be waited for by the very object that started it.
        pid = os.posix_spawn(
            command[0],
            list(command),
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.log_path), append, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            # Python ignores the first two, `nohup` the last, and what is spawned would inherit that.
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ, signal.SIGHUP],
        )
        written = self._pid_path.with_suffix(".pid.new")
        written.write_bytes(orjson.dumps({"pid": pid, "started": psutil.Process(pid).create_time()}))
        written.rename(self._pid_path)

    def process(self) -> psutil.Process | None:
        """The process, or None if it does not live."""
        try:
            noted = orjson.loads(self._pid_path.read_bytes())
            process = psutil.Process(noted["pid"])
            if abs(process.create_time() - noted["started"]) > _CLOCK_STEP_SECONDS:
                return None
            dead = process.status() == psutil.STATUS_ZOMBIE
            if dead and process.ppid() == os.getpid():
                process.wait()  # else it stays a zombie as long as we live
        except (FileNotFoundError, psutil.NoSuchProcess):
            return None
        return None if dead else process

    @property
    def pid(self) -> int | None:
        """The process id, or None if the process does not run."""
        process = self.process()
        return process.pid if process else None

    def stop(self, grace: float) -> bool:
        """Send SIGTERM, and SIGKILL `grace` seconds later; returns when the process is gone, also if it did not run.

        False if it took the SIGKILL.
        """
        process = self.process()
        if process:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
                process.resume()  # a stopped process takes no SIGTERM
        # Not psutil's wait, which waits for a zombie too when its parent is another process.
        if wait_until(lambda: self.pid is None, grace):
            self._pid_path.unlink(missing_ok=True)
            return True
        self.kill()
        return False

    def kill(self) -> None:
        """Send SIGKILL; returns when the process is gone, also if it did not run.

        Raises `StackError` when the system keeps it for more than a minute.
        """
        process = self.process()
        if process:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if not wait_until(lambda: self.pid is None, _KILL_SECONDS):
            raise StackError(f"{self.name} (pid {self.pid}) is still there {_KILL_SECONDS:g} s after SIGKILL")
        self._pid_path.unlink(missing_ok=True)

    def pause(self) -> None:
        """Send SIGSTOP. Raises `NotRunningError`."""
        self._running().suspend()

    def resume(self) -> None:
        """Send SIGCONT. Raises `NotRunningError`."""
        self._running().resume()

    def log_tail(self) -> str:
        """The last lines of the log, at most 3,000 bytes."""
        try:
            with self.log_path.open("rb") as log:
                log.seek(max(0, self.log_path.stat().st_size - _TAIL_BYTES))
                return log.read().decode(errors="replace").strip()
        except FileNotFoundError:
            return ""

    def _running(self) -> psutil.Process:
        process = self.process()
        if process is None:
            raise NotRunningError(f"{self.name} does not run")
        return process
