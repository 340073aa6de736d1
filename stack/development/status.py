"""Which processes of the development stack run, and which of them answer."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from stack.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stack.pipeline.procfile import Pipeline
    from stack.processes.server_process import ServerProcess
    from stack.servers.one_of_each import Servers

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class ProcessStatus:
    """One process. `pid` is None if it does not run.

    `starts` and `last_exit` are known of the processes of the pipeline, since it was started.
    """

    name: str
    pid: int | None
    address: str
    answering: bool
    starts: int | None = None
    last_exit: str | None = None


def status(servers: Servers, pipeline: Pipeline) -> Sequence[ProcessStatus]:
    """The three servers, then the processes of the Procfile, if there is one."""
    with ThreadPoolExecutor(len(servers.all)) as pool:
        return (*pool.map(_server, servers.all), *pipeline_status(pipeline))


def pipeline_status(pipeline: Pipeline) -> Sequence[ProcessStatus]:
    """The processes of the Procfile. Those that serve pages for people have to answer, the others have to live.

    At the addresses of the others is their HTTP server, which says more.
    """
    try:
        names = pipeline.names()
    except PipelineError:
        return ()
    processes = pipeline.processes()
    return tuple(_process(name, processes.get(name), pipeline) for name in names)


def page_answers(port: int) -> bool:
    """Whether the web server of Flower or of the console answers at this port."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=2.0)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _server(server: ServerProcess) -> ProcessStatus:
    pid = server.pid
    return ProcessStatus(server.name, pid, server.address, pid is not None and server.answers())


def _process(name: str, process: psutil.Process | None, pipeline: Pipeline) -> ProcessStatus:
    life = pipeline.life(name)
    page = pipeline.pages.get(name)
    lives = process is not None and _lives(process)
    return ProcessStatus(
        name,
        None if process is None else process.pid,
        f"http://{_HOST}:{pipeline.http_port(name) if page is None else page}",
        lives and (page is None or page_answers(page)),
        None if life is None else life.starts,
        None if life is None else life.last_exit,
    )


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() not in {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE}
    except psutil.NoSuchProcess:
        return False
