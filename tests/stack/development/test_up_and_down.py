"""The whole stack up and down, with a Procfile of its own in the place of the application's."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from stack.development.status import ProcessStatus, status
from stack.development.up_and_down import down, up
from stack.errors import PipelineError
from stack.pipeline.kept import KeptPipeline
from stack.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stack.servers.one_of_each import Servers

INIT = (sys.executable, "-c", "print('topics and tables are there')")


@pytest.fixture
def pipeline(tmp_path: Path, servers: Servers) -> Iterator[KeptPipeline]:
    procfile = tmp_path / "Procfile"
    procfile.write_text("ingest: exec sleep 1000\nworker: exec sleep 1000\n")
    pipeline = KeptPipeline(tmp_path / "pipeline", servers.environment(), procfile=procfile, init=INIT)
    yield pipeline
    pipeline.stop()


@pytest.mark.servers
def test_up_starts_what_is_missing_and_down_stops_everything(servers: Servers, pipeline: KeptPipeline) -> None:
    servers.redis.stop()
    kafka = servers.kafka.pid
    said: list[str] = []
    up(servers, pipeline, said.append)
    shown = {process.name: process for process in status(servers, pipeline)}
    assert list(shown) == ["kafka", "cassandra", "redis", "ingest", "worker"]
    assert all(process.answering and process.pid for process in shown.values())
    assert shown["kafka"].pid == kafka
    assert shown["redis"].address == servers.redis.address
    assert shown["worker"].address == f"http://127.0.0.1:{pipeline.http_port('worker')}"
    assert "topics and tables are there" in "\n".join(said)

    up(servers, pipeline, said.append)
    assert {process.name: process for process in status(servers, pipeline)} == shown, "up twice changed something"

    down(servers, pipeline, said.append)
    assert [(process.pid, process.answering) for process in status(servers, pipeline)] == [(None, False)] * 5

    # How the processes ended then is no trouble of the next ones.
    up(servers, pipeline, said.append)
    assert all(process.answering and process.last_exit is None for process in status(servers, pipeline))


@pytest.mark.servers
def test_a_process_that_ends_at_once_is_named_with_its_log(
    servers: Servers, pipeline: KeptPipeline, tmp_path: Path
) -> None:
    (tmp_path / "Procfile").write_text("ingest: echo the topic is gone; exit 3\nworker: exec sleep 1000\n")
    with pytest.raises(PipelineError, match=r"(?s)ingest ended with exit code 3.*the topic is gone"):
        up(servers, pipeline, lambda _: None)


@pytest.mark.servers
def test_what_is_killed_is_started_again_and_told(servers: Servers, pipeline: KeptPipeline) -> None:
    up(servers, pipeline, lambda _: None)
    before = {process.name: process for process in status(servers, pipeline)}
    psutil.Process(before["worker"].pid).kill()

    def worker() -> ProcessStatus:
        return next(process for process in status(servers, pipeline) if process.name == "worker")

    assert wait_until(lambda: worker().starts == 2 and worker().answering, 60)
    assert worker().pid != before["worker"].pid
    assert worker().last_exit == "was ended by SIGKILL"
    assert "worker was ended by SIGKILL, starts again in " in pipeline.log_path.read_text()
    ingest = next(process for process in status(servers, pipeline) if process.name == "ingest")
    assert ingest == before["ingest"]


@pytest.mark.servers
def test_with_honcho_all_processes_end(servers: Servers, pipeline: KeptPipeline) -> None:
    up(servers, pipeline, lambda _: None)
    processes = pipeline.processes()
    assert set(processes) == {"ingest", "worker"}
    pipeline._honcho.kill()
    assert wait_until(lambda: not any(process.is_running() for process in processes.values()), 60)
