"""The whole stack up and down, with a Procfile of its own in the place of the application's."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from stack.development.status import status
from stack.development.up_and_down import down, up
from stack.errors import PipelineError
from stack.pipeline.procfile import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stack.servers.one_of_each import Servers

INIT = (sys.executable, "-c", "print('topics and tables are there')")


@pytest.fixture
def pipeline(tmp_path: Path, servers: Servers) -> Iterator[Pipeline]:
    procfile = tmp_path / "Procfile"
    procfile.write_text("ingest: exec sleep 1000\nworker: exec sleep 1000\n")
    pipeline = Pipeline(tmp_path / "pipeline", servers.environment(), procfile=procfile, init=INIT)
    yield pipeline
    pipeline.stop()


@pytest.mark.servers
def test_up_starts_what_is_missing_and_down_stops_everything(servers: Servers, pipeline: Pipeline) -> None:
    servers.redis.stop()
    kafka = servers.kafka.pid
    said: list[str] = []
    up(servers, pipeline, said.append)
    shown = {process.name: process for process in status(servers, pipeline)}
    assert list(shown) == ["kafka", "cassandra", "redis", "ingest", "worker"]
    assert all(process.answering and process.pid for process in shown.values())
    assert shown["kafka"].pid == kafka
    assert shown["redis"].address == servers.redis.address
    assert shown["worker"].address is None
    assert "topics and tables are there" in "\n".join(said)

    up(servers, pipeline, said.append)
    assert {process.name: process for process in status(servers, pipeline)} == shown, "up twice changed something"

    down(servers, pipeline, said.append)
    assert [(process.pid, process.answering) for process in status(servers, pipeline)] == [(None, False)] * 5


@pytest.mark.servers
def test_a_process_that_ends_at_once_is_named_with_its_log(servers: Servers, pipeline: Pipeline) -> None:
    pipeline._procfile.write_text("ingest: echo the topic is gone; exit 3\nworker: exec sleep 1000\n")
    with pytest.raises(PipelineError, match=r"(?s)no answer from ingest.*the topic is gone"):
        up(servers, pipeline, lambda _: None)
