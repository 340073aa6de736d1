"""One pipeline of its own on the session's servers: own topics, keyspace, groups and Redis database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.commands.init.command import initialise
from bridge.commands.init.starting_offsets import Choices
from bridge.kafka.topics.plans import plan_audit, plan_topics
from chat_tasks.setting_variables import read_values
from chat_tasks.settings import Settings
from stack.servers.cluster import Cluster
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until

SCRIPTS = Path(sys.executable).parent
START_SECONDS = 180.0
STOP_SECONDS = 180.0
_INIT_SECONDS = 60.0

_WORKER = (
    *("celery", "--app", "chat_tasks.celery_app", "worker"),
    *("--without-gossip", "--without-mingle"),
)
COMMANDS = {
    "ingest": ("chat-tasks", "ingest"),
    "dispatch": ("chat-tasks", "dispatch"),
    "console": ("chat-tasks", "console"),
    "worker": (*_WORKER, "--pool", "solo"),
    "prefork": (*_WORKER, "--pool", "prefork", "--concurrency", "2"),
}
READY = {
    "ingest": "assigned ",
    "dispatch": "assigned ",
    "console": "Uvicorn running on ",
    "worker": " ready.",
    "prefork": " ready.",
}


@dataclass
class Process:
    """A started process of the pipeline and what it printed."""

    name: str
    popen: subprocess.Popen[bytes]
    log_path: Path

    @property
    def log(self) -> str:
        """Everything it printed until now."""
        return self.log_path.read_text(errors="replace")

    @property
    def runs(self) -> bool:
        """Whether it lives."""
        return self.popen.poll() is None

    def wait_for_line(self, text: str) -> None:
        """Wait until the process has printed `text`; fails if it does not."""
        wait_until(lambda: text in self.log or not self.runs, START_SECONDS)
        if text not in self.log:
            # Not in the assertion's message: a log at the end of a test run hides which test failed.
            print(self.log)
            raise AssertionError(f"{self.name} did not print {text!r}")

    def kill(self) -> None:
        """Send SIGKILL to the process and to what it started, and wait."""
        os.killpg(self.popen.pid, 9)
        self.popen.wait()

    def stop(self) -> int:
        """Send SIGTERM and wait; returns the exit code."""
        self.popen.terminate()
        return self.popen.wait(STOP_SECONDS)


@dataclass
class Deployment:
    """The settings of one pipeline, and the processes started for it."""

    settings: Settings
    environment: Mapping[str, str]
    folder: Path
    processes: list[Process] = field(default_factory=list)
    environment_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Further variables, by the kind of process."""
    launcher: tuple[str, ...] = ()
    """What runs the commands instead of the installed scripts."""

    @classmethod
    def on(cls, servers: Servers | Cluster, number: int, folder: Path, **chosen: Any) -> Deployment:
        """The `number`-th deployment on these servers; `chosen` are settings that differ from the defaults."""
        read = read_values(servers.environment(), Settings.model_fields)
        values = {
            **read.settings,
            "cassandra_keyspace": f"chat_{number}",
            "redis_url": servers.redis.url.rpartition("/")[0] + f"/{number % 16}",
            "ingest_group": f"ingest-{number}",
            "dispatch_group": f"dispatch-{number}",
            **{
                name: f"{field_.default}-{number}"
                for name, field_ in Settings.model_fields.items()
                if name.endswith("_topic")
            },
            **chosen,
        }
        environment = {**servers.environment(), **{f"CHAT_{name.upper()}": str(one) for name, one in values.items()}}
        return cls(Settings(kafka_properties=read.kafka_properties, **values), environment, folder)

    def initialise(self, **changed: Any) -> list[str]:
        """Run `init`, with `changed` settings; returns what it reported."""
        lines: list[str] = []
        # It has more patience with a busy Cassandra than the pipeline has.
        chosen = {"cassandra_timeout": _INIT_SECONDS, **changed}
        initialise(self.settings.model_copy(update=chosen), Choices(), lines.append)
        return lines

    def start(self, *names: str, launcher: Sequence[str] = (), **environment: str) -> list[Process]:
        """Start processes such as `ingest.1` and wait until each is at work."""
        started = [self.spawn(name, launcher=launcher, **environment) for name in names]
        for process in started:
            process.wait_for_line(READY[process.name.partition(".")[0]])
        return started

    def spawn(self, name: str, *, launcher: Sequence[str] = (), **environment: str) -> Process:
        """Start one process and do not wait."""
        launcher = launcher or self.launcher
        kind = name.partition(".")[0]
        command = COMMANDS[kind]
        arguments = [*launcher, *command] if launcher else [str(SCRIPTS / command[0]), *command[1:]]
        if command[0] == "celery":
            arguments += ["--hostname", f"{environment.get('HONCHO_PROCESS_NAME', name)}@test"]
        log_path = self.folder / f"{name}-{len(self.processes)}.log"
        with log_path.open("wb") as log:
            popen = subprocess.Popen(
                arguments,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    **self.environment,
                    **self.environment_of.get(kind, {}),
                    "HONCHO_PROCESS_NAME": name,
                    **environment,
                },
                start_new_session=True,
            )
        process = Process(name, popen, log_path)
        self.processes.append(process)
        return process

    def topics(self) -> Iterable[str]:
        """The names of all topics."""
        return [plan.name for plan in (*plan_topics(self.settings), plan_audit(self.settings))]

    def end(self) -> Iterator[str]:
        """Kill what still runs; yields what the processes printed that nobody should have to read."""
        for process in self.processes:
            if process.runs:
                process.kill()
        for process in self.processes:
            if "Traceback" in process.log:
                print(process.log)
                yield f"{process.name} printed a traceback"


Deploy = Callable[..., Deployment]
"""Makes a pipeline with the settings given."""
