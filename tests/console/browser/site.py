"""A pipeline of one process of each kind, and the console that watches it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Self

from redis import Redis

from chat_tasks.settings import Settings
from stack.processes.ports import free_port
from stack.servers.one_of_each import Servers
from tests.pipeline.deployment import Deployment, Process

INGEST, DISPATCH, WORKER, CONSOLE = "ingest.1", "dispatch.1", "worker.1", "console.1"
# Far from the numbers that tests of the same session give to their pipelines.
_numbers = count(1_001)


@dataclass(frozen=True)
class Site:
    """Where the console is, and what it watches. `ports` are those of the processes' HTTP servers, by name."""

    deployment: Deployment
    ports: Mapping[str, int]

    @classmethod
    def on(cls, deployment: Deployment) -> Self:
        """Start one process of each kind, and a console."""
        site = cls(deployment, {name: free_port() for name in (INGEST, DISPATCH, WORKER, CONSOLE)})
        for name in site.ports:
            site.start(name)
        return site

    @property
    def address(self) -> str:
        """The console's."""
        return f"http://127.0.0.1:{self.ports[CONSOLE]}"

    @property
    def settings(self) -> Settings:
        """The pipeline's."""
        return self.deployment.settings

    def start(self, name: str, **environment: str) -> None:
        """Start a process at its port, with further variables."""
        if name == CONSOLE:
            processes = ",".join(f"127.0.0.1:{port}" for one, port in self.ports.items() if one != CONSOLE)
            where = {"CHAT_CONSOLE_PORT": str(self.ports[name]), "CHAT_PROCESSES": processes}
        else:
            where = {"CHAT_HTTP_PORT": str(self.ports[name])}
        # A worker with children, whose number a page can change.
        kind = "prefork.1" if name == WORKER else name
        self.deployment.start(kind, HONCHO_PROCESS_NAME=name, **where, **environment)

    def process(self, name: str) -> Process:
        """The process of this name that runs."""
        kind = "prefork.1" if name == WORKER else name
        [found] = [one for one in self.deployment.processes if one.name == kind and one.runs]
        return found

    def kill(self, name: str) -> None:
        """Kill a process."""
        self.process(name).kill()


@contextmanager
def site_on(servers: Servers, folder: Path, **chosen: Any) -> Iterator[Site]:
    """A pipeline of its own on these servers, and its console; at the end all processes must have behaved.

    `chosen` are settings that differ.
    """
    deployment = Deployment.on(servers, next(_numbers), folder, **chosen)
    with Redis.from_url(deployment.settings.redis_url.get_secret_value()) as redis:
        redis.flushdb()
    deployment.initialise()
    complaints: list[str] = []
    try:
        yield Site.on(deployment)
    finally:
        complaints.extend(deployment.end())
    assert not complaints, "\n".join(complaints)
