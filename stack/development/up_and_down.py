"""The development stack: bringing servers and pipeline up and down in the right order."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from stack.development.flower_login import make_flower_login
from stack.development.status import page_answers, pipeline_status
from stack.errors import PipelineError, StackError
from stack.pipeline.kept import KeptPipeline
from stack.processes.parallel import with_each
from stack.servers.one_of_each import Servers
from stack.servers.secured import SecuredServers
from stack.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stack.processes.server_process import ServerProcess

    Report = Callable[[str], None]

_PIPELINE_SECONDS = 300.0
_PAGE_SECONDS = 30.0
_HTTP_PORT = 15600


def development_stack(home: Path, *, secured: bool = False) -> tuple[Servers, KeptPipeline]:
    """The servers at their fixed ports and the pipeline of the root Procfile, both kept below `home`.

    The `secured` ones have the same ports, and a folder of their own.
    """
    if not secured:
        servers = Servers.development(home)
        return servers, KeptPipeline(home / "pipeline", servers.environment(), http_port=_HTTP_PORT, servers_kept=True)
    folder = _secured_folder(home)
    closed = SecuredServers.development(home)
    return closed, KeptPipeline(
        folder / "pipeline",
        closed.environment(),
        environments=closed.environments(),
        http_port=_HTTP_PORT,
        servers_kept=True,
    )


def running_stack(home: Path) -> tuple[Servers, KeptPipeline]:
    """The secured stack if any of it runs, else the open one."""
    if _secured_folder(home).exists():
        servers, pipeline = development_stack(home, secured=True)
        if _runs(servers, pipeline):
            return servers, pipeline
    return development_stack(home)


def check_alone(home: Path, *, secured: bool) -> None:
    """Raise `StackError` if the stack of the other kind runs: both have the same ports."""
    other_exists = secured or _secured_folder(home).exists()
    if other_exists and _runs(*development_stack(home, secured=not secured)):
        raise StackError(f"the {'open' if secured else 'secured'} stack is up: `make down` first")


def _runs(servers: Servers, pipeline: KeptPipeline) -> bool:
    return pipeline.runs or any(server.pid is not None for server in servers.all)


def _secured_folder(home: Path) -> Path:
    return home / "secured"


def up(servers: Servers, pipeline: KeptPipeline, report: Report) -> None:
    """Start what does not run: the servers, then `init`, then the pipeline. Raises `StackError`.

    `init` runs every time: it leaves alone what is there, and finds settings that no longer fit the data.
    """
    with_each(servers.all, lambda server: _start(server, report))
    servers.before_init()
    report("init: running")
    report(f"init: done\n{pipeline.initialise()}".rstrip())
    servers.after_init()
    if pipeline.runs:
        report(f"pipeline: ran already; its log is {pipeline.log_path}")
        return
    if (file := pipeline.flower_login) is not None and (login := make_flower_login(file)) is not None:
        report(f"flower: wants a name and a password, {login}; they are kept in {file}")
    pipeline.start()
    _wait_for(pipeline)
    report(f"pipeline: runs ({', '.join(pipeline.names())}); its log is {pipeline.log_path}")
    for name, port in pipeline.pages.items():
        if not wait_until(partial(page_answers, port), _PAGE_SECONDS, interval=0.2):
            report(f"{name}: does not answer on port {port}; the pipeline goes on without it")


def down(servers: Servers, pipeline: KeptPipeline, report: Report) -> None:
    """Stop the pipeline, then the servers; their data stay."""
    pipeline.stop()
    report("pipeline: stopped")
    servers.stop()
    report("servers: stopped")


def _wait_for(pipeline: KeptPipeline) -> None:
    """Wait until all processes but those that serve pages for people answer.

    Raises `PipelineError` if one does not, or has ended.
    """

    def silent() -> list[str]:
        return [one.name for one in pipeline_status(pipeline) if not one.answering and one.name not in pipeline.pages]

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
