"""Doing one thing with several servers at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stack.processes.server_process import ServerProcess


def with_each(servers: Sequence[ServerProcess], action: Callable[[ServerProcess], None]) -> None:
    """Run `action` on all of `servers` at once and wait for every one; then raise the first error, if any."""
    with ThreadPoolExecutor(len(servers)) as pool:
        running = [pool.submit(action, server) for server in servers]
    for finished in running:
        finished.result()


def start_all(servers: Sequence[ServerProcess]) -> None:
    """Start those that do not run and wait until all answer.

    Raises what `ServerProcess.start` and `wait_until_answering` raise; the servers that did start go on running.
    """
    with_each(servers, _start_and_wait)


def stop_all(servers: Sequence[ServerProcess]) -> None:
    """Stop those that run."""
    with_each(servers, lambda server: server.stop())


def _start_and_wait(server: ServerProcess) -> None:
    server.start()
    server.wait_until_answering()
