"""The processes of a Procfile, run by honcho in the background."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from stack.errors import PipelineError
from stack.pipeline.procfile import Pipeline
from stack.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psutil

SHOW_ENVIRONMENT = "import os; print(os.environ['CHAT_REDIS_URL'])"


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    procfile = tmp_path / "Procfile"
    procfile.write_text("one: exec sleep 1000\ntwo: sleep 1000; true\n")
    pipeline = Pipeline(tmp_path / "pipeline", {}, procfile=procfile)
    yield pipeline
    pipeline.stop()


def started(pipeline: Pipeline) -> dict[str, psutil.Process]:
    pipeline.start()
    assert wait_until(lambda: set(pipeline.processes()) == {"one", "two"}, timeout=60)
    return dict(pipeline.processes())


def test_every_process_runs_under_its_name(pipeline: Pipeline) -> None:
    processes = started(pipeline)
    assert processes["one"].cmdline() == ["sleep", "1000"]
    assert started(pipeline) == processes, "a second start changes nothing"
    pipeline.stop()
    assert pipeline.processes() == {}
    assert not pipeline.runs


def test_honcho_ends_with_any_of_its_processes(pipeline: Pipeline) -> None:
    started(pipeline)["one"].kill()
    assert wait_until(lambda: not pipeline.runs, timeout=60)
    assert "one.1 stopped" in pipeline.log_tail()


def test_orphans_of_a_killed_honcho_are_found_and_replaced(pipeline: Pipeline) -> None:
    orphans = started(pipeline)
    honcho = pipeline._honcho.process()
    assert honcho is not None
    honcho.kill()
    honcho.wait()
    assert pipeline.processes() == orphans
    successors = started(pipeline)
    assert set(successors.values()).isdisjoint(orphans.values())
    assert not any(orphan.is_running() for orphan in orphans.values())


def test_another_pipeline_is_left_alone(pipeline: Pipeline, tmp_path: Path) -> None:
    processes = started(pipeline)
    other = Pipeline(tmp_path / "other", {}, procfile=tmp_path / "Procfile")
    assert other.processes() == {}
    other.stop()
    assert pipeline.processes() == processes


def test_init_sees_the_environment(tmp_path: Path) -> None:
    init = (sys.executable, "-c", SHOW_ENVIRONMENT)
    assert Pipeline(tmp_path, {"CHAT_REDIS_URL": "redis://here"}, init=init).initialise() == "redis://here"


def test_an_init_that_fails_is_shown_with_its_reason(tmp_path: Path) -> None:
    init = (sys.executable, "-c", "raise SystemExit('no such topic')")
    with pytest.raises(PipelineError, match=r"(?s)exit code 1:.*no such topic"):
        Pipeline(tmp_path, {}, init=init).initialise()


def test_an_init_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"there is no .*/absent: install"):
        Pipeline(tmp_path, {}, init=(str(tmp_path / "absent"),)).initialise()


def test_a_missing_or_empty_procfile_is_named(tmp_path: Path) -> None:
    procfile = tmp_path / "Procfile"
    pipeline = Pipeline(tmp_path / "pipeline", {}, procfile=procfile)
    with pytest.raises(PipelineError, match=f"there is no {procfile}"):
        pipeline.start()
    procfile.write_text("# nothing yet\n")
    with pytest.raises(PipelineError, match=f"{procfile} lists no process"):
        pipeline.start()
