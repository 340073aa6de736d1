"""A pipeline on the secured servers: each process comes under its own identity, and so do the commands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chat_tasks.setting_variables import read_values
from chat_tasks.settings import Settings
from stack.security.identities import TOOLS
from stack.servers.secured import SecuredServers
from tests.pipeline.deployment import SCRIPTS, Deployment, Process

# By the kind of process; `prefork` is a worker too.
_IDENTITIES = {
    **{kind: f"chat_{kind}" for kind in ("ingest", "dispatch", "worker", "console")},
    "prefork": "chat_worker",
}


def settings_of(environment: Mapping[str, str]) -> Settings:
    """The settings that a process with these variables has."""
    read = read_values(environment, Settings.model_fields)
    assert not read.reasons, read.reasons
    return Settings(kafka_properties=read.kafka_properties, **read.settings)


@dataclass
class SecuredDeployment(Deployment):
    """The names are the defaults, which the lists of `deploy/secured` have. `settings` are those of the tools."""

    identities: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def below(cls, servers: SecuredServers, folder: Path, **chosen: str) -> SecuredDeployment:
        """A pipeline whose logs are in `folder`; `chosen` are variables of all processes."""
        shared = {**servers.environment(), **chosen}
        identities = {f"chat_{name}": one for name, one in servers.environments().items()}
        return cls(
            settings=settings_of({**shared, **identities[TOOLS]}),
            environment=shared,
            folder=folder,
            environment_of={kind: identities[identity] for kind, identity in _IDENTITIES.items()},
            identities=identities,
        )

    def flower(self, port: int, **environment: str) -> Process:
        """Start Flower, and do not wait."""
        log_path = self.folder / "flower.log"
        with log_path.open("wb") as log:
            popen = subprocess.Popen(
                [str(SCRIPTS / "celery"), "--app", "chat_tasks.celery_app", "flower", f"--port={port}"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment, **self.identities["chat_flower"], **environment},
                start_new_session=True,
            )
        process = Process("flower", popen, log_path)
        self.processes.append(process)
        return process

    def command(self, identity: str, *words: str, expected: int = 0) -> str:
        """Run a command of the product as this identity, and check its exit code.

        Returns what it printed, or its complaint if a failure is expected.
        """
        result = subprocess.run(
            [str(SCRIPTS / words[0]), *words[1:]],
            env={**os.environ, **self.environment, **self.identities[identity]},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert result.returncode == expected, (words, result.stdout, result.stderr)
        return result.stderr if expected == 2 else result.stdout
