"""The development stack: bringing servers and pipeline up and down in the right order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stack.development.status import flower_answers, pipeline_status
from stack.errors import PipelineError
from stack.pipeline.kept import KeptPipeline
from stack.processes.parallel import with_each
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stack.processes.server_process import ServerProcess

    Report = Callable[[str], None]

_PIPELINE_SECONDS = 60.0
_FLOWER_SECONDS = 15.0


def development_stack(home: Path) -> tuple[Servers, KeptPipeline]:
    """The servers at their fixed ports and the pipeline of the root Procfile, both kept below `home`."""
    servers = Servers.development(home)
    return servers, KeptPipeline(home / "pipeline", servers.environment(), servers_kept=True)


def up(servers: Servers, pipeline: KeptPipeline, report: Report) -> None:
    """Start what does not run: the servers, then `init`, then the pipeline. Raises `StackError`.

    `init` runs every time: it leaves alone what is there, and finds settings that no longer fit the data.
    """
    with_each(servers.all, lambda server: _start(server, report))
    report("init: running")
    report(f"init: done\n{pipeline.initialise()}".rstrip())
    if pipeline.runs:
        report(f"pipeline: ran already; its log is {pipeline.log_path}")
        return
    pipeline.start()
    _wait_for(pipeline)
    report(f"pipeline: runs ({', '.join(pipeline.names())}); its log is {pipeline.log_path}")
    if "flower" in pipeline.names() and not wait_until(
        lambda: flower_answers(pipeline.flower_port), _FLOWER_SECONDS, interval=0.2
    ):
        report(f"flower: does not answer on port {pipeline.flower_port}; the pipeline goes on without it")


def down(servers: Servers, pipeline: KeptPipeline, report: Report) -> None:
    """Stop the pipeline, then the servers; their data stay."""
    pipeline.stop()
    report("pipeline: stopped")
    servers.stop()
    report("servers: stopped")


def _wait_for(pipeline: KeptPipeline) -> None:
    """Wait until all processes but Flower answer. Raises `PipelineError` if one does not, or has ended."""

    def silent() -> list[str]:
        return [one.name for one in pipeline_status(pipeline) if not one.answering and one.name != "flower"]

    wait_until(lambda: bool(pipeline.restarted()) or not pipeline.runs or not silent(), _PIPELINE_SECONDS, interval=0.2)
    ended = [f"{name} {how}" for name, how in pipeline.restarted().items()]
    if trouble := ended or [f"no answer from {name}" for name in silent()]:
        raise PipelineError(f"{', '.join(trouble)}. The log ({pipeline.log_path}) ends with:\n{pipeline.log_tail()}")


def _start(server: ServerProcess, report: Report) -> None:
    began = time.monotonic()
    found = server.pid is not None
    server.start()
    server.wait_until_answering()
    how = "ran already" if found else f"started in {time.monotonic() - began:.1f} s"
    report(f"{server.name}: answers at {server.address} (pid {server.pid}, {how})")
