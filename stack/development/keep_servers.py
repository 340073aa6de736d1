"""Starts a server of the development stack again when it has ended, as long as the pipeline is up."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

from stack.errors import StackError
from stack.pauses import Pauses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stack.processes.server_process import ServerProcess

_LOOK_SECONDS = 1.0


class KeptServer:
    """One server, looked at again and again; used in one thread. `report` takes lines for people."""

    def __init__(self, server: ServerProcess, report: Callable[[str], None]) -> None:
        self._server = server
        self._report = report
        self._pauses = Pauses()
        self._started = 0.0
        self._due: float | None = None

    def look(self, now: float) -> None:
        """Start the server if it does not run and its pause is over; `now` is any monotonic clock's, in seconds."""
        if self._server.pid is not None:
            self._due = None
            return
        if self._due is None:
            pause = self._pauses.after(now - self._started)
            self._due = now + pause
            self._report(f"{self._server.name} has ended, and is started again in {pause:.1f} s")
        elif now >= self._due:
            self._due, self._started = None, now
            try:
                self._server.start()
            except (StackError, OSError, subprocess.SubprocessError) as error:
                self._report(f"{self._server.name} cannot be started: {error}")


def keep_servers(servers: Sequence[ServerProcess], report: Callable[[str], None]) -> None:
    """Look at all servers every second, until the process ends."""
    kept = [KeptServer(server, report) for server in servers]
    while True:
        for one in kept:
            one.look(time.monotonic())
        time.sleep(_LOOK_SECONDS)
