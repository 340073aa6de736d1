"""Who competes, and how each is run: by honcho from a Procfile of its own, like the product."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.arena import Arena
from bench.errors import BenchError
from stack.home import PROJECT_ROOT
from stack.pipeline import Pipeline
from stack.ports import free_port

_PROCFILES = Path(__file__).parent / "procfiles"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A pipeline under test."""

    name: str
    procfile: Path
    is_ordered: bool = True
    """Whether it promises what the project promises; what it gets wrong fails the run then, and is only told else."""

    @contextmanager
    def running(self, arena: Arena, folder: Path, *, workers: int) -> Iterator[Pipeline]:
        """Its processes, started and not yet at work. A failure inside is raised with the end of their log."""
        environment = {
            **arena.environment,
            "CHAT_WORKER_CONCURRENCY": str(workers),
            "CHAT_FLOWER_PORT": str(free_port()),
        }
        pipeline = Pipeline(folder, environment, procfile=self.procfile)
        pipeline.start()
        try:
            yield pipeline
        except BenchError as error:
            raise BenchError(f"{self.name}: {error}\nIts log ends with:\n{pipeline.log_tail()}") from error
        finally:
            pipeline.stop()


CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant("chat-tasks", PROJECT_ROOT / "Procfile"),
        Contestant("textbook", _PROCFILES / "textbook", is_ordered=False),
        Contestant("lwt", _PROCFILES / "lwt"),
        Contestant("lwt-500", _PROCFILES / "lwt-500"),
    )
}
