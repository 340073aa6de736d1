"""The pipeline whose processes are started again when they end."""

from __future__ import annotations

import shlex
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
from honcho.environ import parse_procfile

from stack.pipeline.lives import Life, Lives
from stack.pipeline.procfile import INIT, PROCFILE, Pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class KeptPipeline(Pipeline):
    """A pipeline in which `stack.pipeline.keep_running` stands before each process of the Procfile.

    Nothing ends because another process has ended: the processes end when they are told to, or with their honcho.
    `servers_kept` adds a process that starts the development servers again.
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
        servers_kept: bool = False,
    ) -> None:
        super().__init__(
            folder,
            environment,
            procfile=folder / "Procfile",
            init=init,
            environments=environments,
            http_port=http_port,
        )
        self._folder = folder
        self._original = procfile
        self._servers_kept = servers_kept

    def names(self) -> Sequence[str]:
        """The processes that the Procfile lists. Raises `PipelineError` where there is none."""
        return tuple(self._lines())

    def start(self) -> None:
        """Write the Procfile anew, and start honcho if it does not run. Raises `PipelineError` without a Procfile."""
        python = shlex.quote(sys.executable)
        keep = f"{python} -m stack.pipeline.keep_running {shlex.quote(str(self._folder))}"
        kept = [
            f"{name}: exec {self._variables_of(name)}{keep} {name} {shlex.quote(line)}\n"
            for name, line in self._lines().items()
        ]
        if self._servers_kept:
            kept.append(f"servers: exec {python} -m stack keep-servers\n")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._procfile.write_text("".join(kept))
        if not self.runs:
            self._end_orphans()
            for name in self.names():
                Lives(self._folder, name).forget()
        super().start()

    def processes(self) -> Mapping[str, psutil.Process]:
        """The processes of the Procfile that live, by their names; those that keep them running are not among them."""
        keepers = super().processes()
        found: dict[str, psutil.Process] = {}
        for name, keeper in keepers.items():
            life = self.life(name)
            with suppress(psutil.NoSuchProcess):
                # A file of an earlier keeper is left over until the new one has started its child.
                if life is not None and psutil.Process(life.pid).ppid() == keeper.pid:
                    found[name] = psutil.Process(life.pid)
        return found

    def life(self, name: str) -> Life | None:
        """How often a process was started since honcho was, and how it last ended; None if it never was."""
        return Lives(self._folder, name).read()

    def restarted(self) -> Mapping[str, str]:
        """The processes that have ended since honcho was started, each with how it last ended."""
        lives = {name: self.life(name) for name in self.names()}
        return {name: life.last_exit for name, life in lives.items() if life is not None and life.last_exit}

    def _variables_of(self, name: str) -> str:
        variables = self._environments.get(name, {})
        words = shlex.join(f"{key}={value}" for key, value in variables.items())
        return f"env {words} " if words else ""

    def _lines(self) -> Mapping[str, str]:
        lines: Mapping[str, str] = parse_procfile(self._text_of(self._original)).processes
        return lines
