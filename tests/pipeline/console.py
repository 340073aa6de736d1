"""A console beside a pipeline, and what a program asks it over HTTP."""

from __future__ import annotations

from typing import Any

import requests

from stack.processes.ports import free_port
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.deployment import Deployment, Process


def start_console(deployment: Deployment, *names: str, **environment: str) -> Console:
    """Start these processes, each at a port of its own, and a console that knows them and no others.

    `environment` are further variables of the console.
    """
    ports = {name: free_port() for name in names}
    for name, port in ports.items():
        deployment.start(name, CHAT_HTTP_PORT=str(port))
    processes = ",".join(f"127.0.0.1:{port}" for port in ports.values())
    port = free_port()
    where = {"CHAT_CONSOLE_PORT": str(port), "CHAT_PROCESSES": processes}
    [process] = deployment.start("console.1", **where, **environment)
    return Console(process, port)


class Console:
    """A console, as it is asked by somebody with this name, and a password if the console has any."""

    def __init__(self, process: Process, port: int, name: str = "", password: str = "") -> None:
        self.process = process
        self.port = port
        self.address = f"http://127.0.0.1:{port}"
        self._http = requests.Session()
        self._http.auth = (name, password)

    def asked_by(self, name: str = "", password: str = "") -> Console:
        """The same console, as somebody else asks it."""
        return Console(self.process, self.port, name, password)

    def get(self, path: str, **parameters: str) -> requests.Response:
        """What is at the path."""
        return self._http.get(f"{self.address}{path}", params=parameters, timeout=PATIENCE_SECONDS)

    def json(self, path: str, **parameters: str) -> Any:
        """The JSON that is at the path."""
        return self.get(path, **parameters).json()

    def page(self, path: str, **parameters: str) -> str:
        """The HTML that is at the path."""
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **how: Any) -> requests.Response:
        """The answer to a form, or to a document; `how` is that of `requests`."""
        return self._http.post(f"{self.address}{path}", timeout=PATIENCE_SECONDS, **how)
