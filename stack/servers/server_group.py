"""Servers that are started and stopped together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

from stack.processes.parallel import start_all, stop_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from stack.processes.server_process import ServerProcess


class ServerGroup(ABC):
    """Several servers. As a context manager the group starts them, and stops them at the end or if the start fails."""

    @property
    @abstractmethod
    def all(self) -> Sequence[ServerProcess]:
        """Every server, in the order in which they are shown."""

    def start(self) -> None:
        """Start those that do not run, at once, and wait until all answer. Raises `StackError`."""
        start_all(self.all)

    def stop(self) -> None:
        """Stop all, at once; those that do not run are left alone."""
        stop_all(self.all)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
