"""The application's own processes, as the Procfile lists them, run in the background by honcho."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from honcho.environ import parse_procfile

from chat_tasks.environment import variables
from stack.errors import PipelineError
from stack.home import PROJECT_ROOT
from stack.pipeline.lives import Life
from stack.processes.detached import DetachedProcess
from stack.processes.ports import free_port
from stack.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Console scripts are installed beside the interpreter, which need not be on PATH.
_SCRIPTS = Path(sys.executable).parent
INIT = (str(_SCRIPTS / "chat-tasks"), "init")

PROCFILE = PROJECT_ROOT / "Procfile"

# In the environment of every process of one pipeline, so that they are found even after a kill of honcho.
_MARK = "CHAT_STACK_PIPELINE"

_GRACE_SECONDS = 15.0
# honcho's own.
_PORTS_APART = 100
# The processes that serve pages for people: the variable that tells the port, and the port without it.
_PAGES = {"flower": ("CHAT_FLOWER_PORT", "15555"), "console": ("CHAT_CONSOLE_PORT", "15556")}


class Pipeline:
    """`init` once, then all processes of `procfile`, with `environment` on top of our own and of `.env`.

    `environments` has further variables, of one process each, by its name in the Procfile, and those of `init`.
    `folder` keeps honcho's pid file and its log, which holds what all the processes print. The first process of the
    Procfile gets `http_port` for its HTTP server, and each further one a port that is 100 higher. Without `http_port`
    honcho begins at a free port.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        *,
        procfile: Path = PROCFILE,
        init: Sequence[str] = INIT,
        environments: Mapping[str, Mapping[str, str]] | None = None,
        http_port: int | None = None,
    ) -> None:
        self._environments = environments or {}
        self._mark = str(folder)
        self._http_port = http_port or free_port()
        self._environment = {
            "FLOWER_BASIC_AUTH_FILE": str(folder / "flower-login"),
            **variables(),
            **environment,
            "PATH": f"{_SCRIPTS}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",  # the log shall hold what happened until now
            "PORT": str(self._http_port),
        }
        self._procfile = procfile
        self._init = init
        self._honcho = DetachedProcess("honcho", folder)

    @property
    def flower_login(self) -> Path | None:
        """The file with Flower's name and password, `name:password`; None if they were chosen in another way."""
        is_chosen = any(self._environment.get(name) for name in ("FLOWER_BASIC_AUTH", "FLOWER_AUTH"))
        return None if is_chosen else Path(self._environment["FLOWER_BASIC_AUTH_FILE"])

    @property
    def log_path(self) -> Path:
        """What honcho and all the processes print."""
        return self._honcho.log_path

    @property
    def pages(self) -> Mapping[str, int]:
        """The processes that serve pages for people, Flower and the console, and the port of each."""
        ports = {name: int(self._environment.get(*default)) for name, default in _PAGES.items()}
        return {name: port for name, port in ports.items() if name in self.names()}

    def http_port(self, name: str) -> int:
        """The port that a process of the Procfile has for its HTTP server."""
        return self._http_port + _PORTS_APART * self.names().index(name)

    def initialise(self) -> str:
        """Run `init` to its end and return what it printed. Raises `PipelineError` when it fails or is missing."""
        try:
            result = subprocess.run(
                self._init,
                env={**self._environment, **self._environments.get("init", {})},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise PipelineError(f"there is no {self._init[0]}: install the project beside {sys.executable}") from error
        printed = result.stdout.strip()
        if result.returncode != 0:
            command = " ".join(self._init)
            raise PipelineError(f"`{command}` failed with exit code {result.returncode}:\n{printed}")
        return printed

    def names(self) -> Sequence[str]:
        """The processes that the Procfile lists. Raises `PipelineError` where there is none."""
        return tuple(parse_procfile(self._text_of(self._procfile)).processes)

    @property
    def runs(self) -> bool:
        """Whether honcho runs; when one process ends, honcho ends the others and itself."""
        return self._honcho.pid is not None

    def start(self) -> None:
        """Start honcho where it does not run. Raises `PipelineError` without a Procfile."""
        if not self.names():
            raise PipelineError(f"{self._procfile} lists no process")
        if not self.runs:
            self._end_orphans()
            # The variables of `.env` are in the environment already. honcho would put its own reading above the rest.
            options = ("--env", os.devnull, "--procfile", str(self._procfile), "--no-colour")
            command = (sys.executable, "-m", "honcho", "start", *options)
            self._honcho.spawn(command, {**self._environment, _MARK: self._mark})

    def log_tail(self) -> str:
        """The last lines of the log, at most 3,000 bytes."""
        return self._honcho.log_tail()

    def stop(self) -> None:
        """Send SIGTERM to honcho, which passes it on, and SIGKILL to what is left; nothing has to run."""
        self._honcho.stop(_GRACE_SECONDS)
        self._end_orphans()

    def processes(self) -> Mapping[str, psutil.Process]:
        """The processes that live, by their name in the Procfile, without their children."""
        marked = self._marked()
        parents = {name: {process.pid for process in group} for name, group in marked.items()}
        return {
            name: process
            for name, group in marked.items()
            for process in group
            if _parent(process) not in parents[name]
        }

    def life(self, name: str) -> Life | None:  # noqa: ARG002 - honcho keeps no account of its processes
        """How often a process was started, and how it last ended; None if that is not known."""
        return None

    @staticmethod
    def _text_of(procfile: Path) -> str:
        try:
            return procfile.read_text()
        except FileNotFoundError as error:
            raise PipelineError(f"there is no {procfile}, which lists the processes to run") from error

    def _marked(self) -> Mapping[str, Sequence[psutil.Process]]:
        """Every live process that honcho started for us, and all their children, by the name in the Procfile."""
        found: dict[str, list[psutil.Process]] = {}
        for process in psutil.process_iter():
            try:
                environment = process.environ()
            except psutil.Error:  # gone meanwhile, a zombie, or another user's
                continue
            # honcho numbers the copies of a process, and we start one of each: worker.1
            name = environment.get("HONCHO_PROCESS_NAME", "").rpartition(".")[0]
            if name and environment.get(_MARK) == self._mark:
                found.setdefault(name, []).append(process)
        return found

    def _end_orphans(self) -> None:
        """End what a killed honcho left behind: it would run twice, or under a name that its successor wants."""
        for end in (psutil.Process.terminate, psutil.Process.kill):
            for group in self._marked().values():
                for orphan in group:
                    with suppress(psutil.NoSuchProcess):
                        end(orphan)
            if wait_until(lambda: not self._marked(), _GRACE_SECONDS):
                return
        raise PipelineError(f"these do not end: {', '.join(self._marked())}")


def forget_pipeline() -> None:
    """Make what this process starts from now on no part of the pipeline that started it: it is not ended with it."""
    for name in list(os.environ):
        if name == _MARK or name.startswith("HONCHO_"):
            del os.environ[name]


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.NoSuchProcess:
        return None
