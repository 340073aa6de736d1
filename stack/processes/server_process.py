"""What Kafka, Cassandra and Redis have in common as local processes."""

from __future__ import annotations

import fcntl
import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from stack.errors import NotAnsweringError, PortTakenError, ServerDiedError
from stack.processes.detached import DetachedProcess
from stack.processes.ports import is_free
from stack.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STOP_GRACE_SECONDS = 20.0


class ServerProcess(ABC):
    """One local server: its settings decide its ports, `folder` keeps its configuration, data, log and pid file.

    It outlives the Python process that started it; an instance on the same folder finds it again.
    """

    def __init__(self, name: str, folder: Path, host: str, port: int) -> None:
        self.name = name
        self.folder = folder
        self.host = host
        self.port = port
        self._process = DetachedProcess(name, folder)

    @property
    def address(self) -> str:
        """`host:port` for clients."""
        return f"{self.host}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id, or None if the server does not run."""
        return self._process.pid

    @property
    def log_path(self) -> Path:
        """Where the server's own log goes."""
        return self._process.log_path

    @property
    def ports(self) -> Sequence[int]:
        """Every port that the server listens on."""
        return (self.port,)

    @abstractmethod
    def prepare(self) -> list[str]:
        """Fetch and configure what is missing, and return the command that starts the server."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server answers its own protocol within a second or two."""

    def start(self) -> None:
        """Start the server where it does not run already, and do not wait for it to answer.

        Raises `PortTakenError` when another process has one of its ports, `MissingToolError` without Java or Valkey,
        `FetchError` when its jars cannot be fetched.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        # `make up` and the keeper of its servers may start the same one at once.
        with (self.folder / ".start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.pid is not None:
                return
            for port in self.ports:
                if not is_free(self.host, port):
                    raise PortTakenError(
                        f"{self.name} cannot start: another process listens on port {port} of {self.host}. "
                        f"End it first (it may be the {self.name} of another checkout)."
                    )
            self._process.spawn(self.prepare(), os.environ)

    def wait_until_answering(self, timeout: float = 300.0) -> None:
        """Wait until the server answers.

        Raises `ServerDiedError` as soon as it ended, `NotAnsweringError` after `timeout` seconds.
        """
        if not wait_until(lambda: self.pid is None or self.answers(), timeout, interval=0.1):
            raise NotAnsweringError(
                f"{self.name} at {self.address} does not answer after {timeout:g} s; see {self.log_path}"
            )
        if self.pid is None:
            raise ServerDiedError(f"{self.name} ended, and its log ({self.log_path}) with:\n{self._process.log_tail()}")

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL 20 s later; returns when the server is gone, also if it did not run."""
        self._process.stop(STOP_GRACE_SECONDS)

    def kill(self) -> None:
        """Send SIGKILL; returns when the server is gone, also if it did not run. Its data stay."""
        self._process.kill()

    def pause(self) -> None:
        """Send SIGSTOP: the server keeps its ports and connections and says nothing. Raises `NotRunningError`."""
        self._process.pause()

    def resume(self) -> None:
        """Send SIGCONT after `pause`. Raises `NotRunningError`."""
        self._process.resume()
