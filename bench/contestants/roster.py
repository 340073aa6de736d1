"""Who competes, and how each is run: by honcho from a Procfile of its own, like the product."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from honcho.environ import parse_procfile

from bench.conditions.arena import Arena
from bench.conditions.conditions import Conditions
from bench.conditions.loads import Load
from bench.errors import BenchError
from stack.home import PROJECT_ROOT, home_folder
from stack.pipeline.procfile import Pipeline
from stack.processes.ports import free_port

_PROCFILES = Path(__file__).parents[1] / "procfiles"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A pipeline that is measured, and what it can do."""

    name: str
    procfile: Path
    has_dead_letters: bool = False
    """Whether it puts records that are not valid aside, and goes on."""
    is_ordered: bool = True
    """Whether it promises what the project promises: then a fault in its output fails the run, else it is counted."""
    answers_requests: bool = True
    workers: int | None = None
    """How many worker processes it has whatever the others have; None: as many as everybody."""
    is_repeated: bool = False
    """Whether it has no workers of its own: all its processes are then started as often as there shall be workers."""
    python: Path = Path(sys.executable)

    def can_take(self, load: Load) -> bool:
        """Whether it handles every kind of record that the load consists of."""
        return (self.answers_requests or load.messages_per_request is None) and (
            self.has_dead_letters or load.messages_per_invalid is None
        )

    @property
    def is_installed(self) -> bool:
        """Whether the environment that it runs in exists."""
        return self.python.exists()

    @contextmanager
    def running(self, arena: Arena, load: Load, conditions: Conditions, folder: Path) -> Iterator[Pipeline]:
        """Start its processes, and do not wait for them. A `BenchError` inside gets the end of their log."""
        folder.mkdir(parents=True)
        environment = {
            **arena.environment,
            "CHAT_WORKER_CONCURRENCY": str(self.workers or conditions.workers),
            "CHAT_FLOWER_PORT": str(free_port()),
            "FLOWER_BASIC_AUTH": f"bench:{token_urlsafe()}",
            "BENCH_PYTHON": str(self.python),
            "BENCH_FOLDER": str(folder),
            "BENCH_KEYED": str(int(load.keyed)),
        }
        procfile = self._repeated(folder, conditions.workers) if self.is_repeated else self.procfile
        if arena.environments:
            procfile = self._with_identities(folder, arena.environments)
        pipeline = Pipeline(folder, environment, procfile=procfile)
        pipeline.start()
        try:
            yield pipeline
        except BenchError as error:
            raise BenchError(f"{self.name}: {error}\nIts log ends with:\n{pipeline.log_tail()}") from error
        finally:
            pipeline.stop()

    def _with_identities(self, folder: Path, environments: Mapping[str, Mapping[str, str]]) -> Path:
        written = folder / "Procfile"
        written.write_text(
            "".join(
                f"{name}: exec {shlex.join(('env', *map('='.join, environments[name].items()), 'sh', '-c', command))}\n"
                for name, command in parse_procfile(self.procfile.read_text()).processes.items()
            )
        )
        return written

    def _repeated(self, folder: Path, times: int) -> Path:
        processes = parse_procfile(self.procfile.read_text()).processes
        written = folder / "Procfile"
        written.write_text(
            "".join(f"{name}-{n}: {command}\n" for name, command in processes.items() for n in range(1, times + 1))
        )
        return written


CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant("chat-tasks", PROJECT_ROOT / "Procfile", has_dead_letters=True),
        Contestant("textbook", _PROCFILES / "textbook", is_ordered=False),
        Contestant("textbook-8", _PROCFILES / "textbook", is_ordered=False, workers=8),
        Contestant("lwt", _PROCFILES / "lwt"),
        Contestant("lwt-500", _PROCFILES / "lwt-500"),
        Contestant(
            "quix-streams",
            _PROCFILES / "quix",
            answers_requests=False,
            is_repeated=True,
            python=home_folder() / "quix" / "bin" / "python",
        ),
    )
}
