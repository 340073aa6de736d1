"""What the processes say of themselves while servers go away and come back, and processors are busy."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import pytest

from stack.processes.ports import free_port
from stack.processes.server_process import ServerProcess
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until
from tests.pipeline.conversation import read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy, Deployment
from tests.pipeline.probes import probe

pytestmark = pytest.mark.servers

PATIENCE = 120.0
# A quarter of what a process may take for a step before it counts as dead.
STEP_SECONDS = 15.0
SERVERS = ("redis", "cassandra", "kafka")
NEEDED = {"ingest.1": {"kafka"}, "dispatch.1": {"kafka", "redis", "cassandra"}, "prefork.1": {"redis", "cassandra"}}


@pytest.fixture
def busy() -> Iterator[None]:
    """All processors have something else to do."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    yield
    for one in spinning:
        one.kill()
        one.wait()


class LiveProbes:
    """Asks every process all the time whether it lives, and keeps what is not as it should be."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.complaints: list[str] = []
        self.answers = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask meanwhile."""
        self._thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(0.2):
            for name, port in self._ports.items():
                status, document = probe(port, "/livez")
                self.answers += 1
                if status != 200 or document["last_step_s"] > STEP_SECONDS:
                    self.complaints.append(f"{name}: {status} {document}")


def start(deployment: Deployment) -> dict[str, int]:
    """Start one of each with a port; returns the ports."""
    ports = {name: free_port() for name in NEEDED}
    for name, port in ports.items():
        deployment.spawn(name, CHAT_HTTP_PORT=str(port))
    assert wait_until(lambda: all(probe(port, "/livez").status == 200 for port in ports.values()), PATIENCE)
    return ports


def blames(port: int, server: str) -> bool:
    """Whether the process says that it is not ready because of that server, and of no other."""
    status, document = probe(port, "/readyz")
    silent = {name for name, state in document["dependencies"].items() if not state["answers"]}
    return status == 503 and silent == {server} and any(server in trouble for trouble in document["troubles"])


@pytest.mark.usefixtures("busy")
def test_a_server_that_is_away_makes_unready_and_kills_nobody(deploy: Deploy, servers: Servers) -> None:
    deployment = deploy()
    ports = start(deployment)

    def all_are_ready() -> bool:
        return all(probe(port, "/readyz").status == 200 for port in ports.values())

    assert wait_until(all_are_ready, PATIENCE)
    assert all(probe(port, "/startupz").status == 200 for port in ports.values())
    live = LiveProbes(ports)
    messages = some_messages(300, 20)
    with live.running():
        for number, server in enumerate(SERVERS):
            paused: ServerProcess = getattr(servers, server)
            send(deployment.settings, messages[100 * number : 100 * (number + 1)])
            paused.pause()
            try:
                for name in (name for name, needed in NEEDED.items() if server in needed):
                    assert wait_until(partial(blames, ports[name], server), PATIENCE), probe(ports[name], "/readyz")
            finally:
                paused.resume()
            assert wait_until(all_are_ready, PATIENCE), [probe(port, "/readyz") for port in ports.values()]
    assert live.complaints == []
    assert live.answers > 0
    assert all(process.runs for process in deployment.processes)
    read_outputs(deployment.settings, messages)
