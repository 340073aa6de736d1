"""What a person does with the console of closed servers, and what a program does."""

from __future__ import annotations

from dataclasses import dataclass

import requests

from chat_tasks.formats.topics import InstantMessage
from stack.processes.ports import free_port
from stack.servers.secured import SecuredServers
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.secured import SecuredDeployment


@dataclass(frozen=True)
class Console:
    """A console that runs, by its HTTP API."""

    address: str
    _session: requests.Session

    @classmethod
    def started(cls, servers: SecuredServers, pipeline: SecuredDeployment) -> Console:
        """A console that comes to the servers as itself."""
        port = free_port()
        pipeline.start("console.1", CHAT_CONSOLE_PORT=str(port))
        session = requests.Session()
        session.auth = ("operator", servers.console_password.read_text())
        return cls(f"http://127.0.0.1:{port}/api", session)

    def send(self, key: str, text: str) -> list[InstantMessage]:
        """Send a message, wait for its number, and read the conversation."""
        conversation = f"{self.address}/conversations/{key}/messages"
        message = InstantMessage(conversationKey=key, sender="ann", recipients=["bob"], body=text)
        sent = message.model_dump(exclude={"conversationKey"})
        numbered = self._session.post(conversation, params={"wait": "1"}, json=sent, timeout=PATIENCE_SECONDS).json()
        assert numbered["number"] == 0, numbered
        found = self._session.get(conversation, timeout=PATIENCE_SECONDS).json()
        assert [one["body"] for one in found["messages"]] == [text]
        return [message]

    def release(self, key: str) -> None:
        """Request the release of a quarantined conversation."""
        answer = self._session.post(f"{self.address}/quarantine/{key}/release", timeout=PATIENCE_SECONDS)
        assert answer.status_code == 202, answer.text

    def replay(self, letter: str, value: bytes) -> None:
        """Send one letter again, with another value, and wait for it."""
        replays = f"{self.address}/letters/replays"
        begun = self._session.post(replays, json={"ids": [letter], "value": value.decode()}, timeout=PATIENCE_SECONDS)
        assert begun.status_code == 202, begun.text

        def is_sent() -> bool:
            found = self._session.get(f"{replays}/{begun.json()['id']}", timeout=PATIENCE_SECONDS).json()
            assert found["state"] != "failed", found
            return bool(found["state"] == "ended" and found["sent"] == 1)

        assert wait_until(is_sent, PATIENCE_SECONDS, interval=0.2)

    def statuses(self) -> set[str]:
        """What the doctor says of the checks; the pages besides are asked too."""
        for page in ("pipeline", "partitions", "quarantine", "audit", "letters", "letters/figures", "workers"):
            assert self._session.get(f"{self.address}/{page}", timeout=PATIENCE_SECONDS).ok
        found = self._session.get(f"{self.address}/doctor", timeout=PATIENCE_SECONDS).json()
        return {one["status"] for one in found}
