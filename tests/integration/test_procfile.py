"""The real Procfile under the real honcho, as a user runs it, watched in Flower."""

import json
import os
import signal
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

import psutil
import pytest

from chat_tasks.settings import Settings
from stack.development.status import page_answers, pipeline_status
from stack.pipeline.procfile import Pipeline
from stack.processes.ports import free_port
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


LOGIN = "me:secret"


def known(url: str, data: bytes | None = None) -> Request:
    """A request with name and password."""
    return Request(url, data, {"Authorization": f"Basic {b64encode(LOGIN.encode()).decode()}"})


@pytest.fixture
def honchos(
    deploy: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[list[Pipeline], Settings]]:
    """The Procfile's processes on topics of their own, twice and not started, in a folder whose `.env` is another's."""
    (tmp_path / ".env").write_text("CHAT_MAX_BODY_BYTES=1\nCHAT_INSTANCE_NAME=ingest.1\nCHAT_REPLAY_WINDOW=wrong\n")
    monkeypatch.chdir(tmp_path)
    deployment = deploy(session_timeout=6)
    environment = {
        **deployment.environment,
        "CHAT_FLOWER_PORT": str(free_port()),
        "CHAT_CONSOLE_PORT": str(free_port()),
        "FLOWER_BASIC_AUTH": LOGIN,
        "FLOWER_READ_ONLY": "false",
    }
    pipelines = [Pipeline(tmp_path / name, environment) for name in ("first", "second")]
    yield pipelines, deployment.settings
    for pipeline in pipelines:
        pipeline.stop()


@pytest.fixture
def pipeline(honchos: tuple[list[Pipeline], Settings]) -> tuple[Pipeline, Settings]:
    """The Procfile's processes on topics of their own."""
    [pipeline, _], settings = honchos
    pipeline.start()
    return pipeline, settings


def test_it_starts_works_and_stops_cleanly(pipeline: tuple[Pipeline, Settings]) -> None:
    running, settings = pipeline
    messages = some_messages(3000, 100)
    send(settings, messages)
    read_outputs(settings, messages)
    assert wait_until(lambda: all(one.answering for one in pipeline_status(running)), PATIENCE_SECONDS)

    running.stop()
    log = running.log_path.read_text()
    for name in ("ingest.1", "dispatch.1", "worker.1"):
        assert f"{name} stopped (rc=0)" in log.replace("   |", ""), log
    assert "SIGKILL" not in log
    assert "Traceback" not in log


def test_flower_shows_the_tasks_and_never_a_body(pipeline: tuple[Pipeline, Settings]) -> None:
    running, settings = pipeline
    base = f"http://127.0.0.1:{running.pages['flower']}"

    def ask(path: str) -> Any:
        try:
            with urllib.request.urlopen(known(base + path), timeout=5) as answer:
                return json.load(answer)
        except OSError:
            return {}

    assert wait_until(lambda: bool(ask("/api/workers?refresh=1")), PATIENCE_SECONDS)
    messages = some_messages(50, 10)
    send(settings, messages)
    read_outputs(settings, messages)
    assert wait_until(lambda: any(task["state"] == "SUCCESS" for task in ask("/api/tasks").values()), PATIENCE_SECONDS)
    tasks = ask("/api/tasks")
    assert {task["name"] for task in tasks.values()} == {"chat_tasks.append_messages"}
    assert all(" conversations, " in task["args"] for task in tasks.values())
    assert "👋" not in json.dumps(tasks, ensure_ascii=False)
    assert messages[0].body not in json.dumps(tasks, ensure_ascii=False)

    [worker] = ask("/api/workers")
    for path in ("/", f"/worker/{worker}", "/api/workers", f"/api/worker/pool/grow/{worker}?n=1"):
        with pytest.raises(HTTPError, match="401"):
            urllib.request.urlopen(base + path, data=b"" if "pool" in path else None, timeout=5)
    with urllib.request.urlopen(known(f"{base}/api/worker/pool/grow/{worker}?n=1", data=b""), timeout=30) as answer:
        assert "Growing" in json.load(answer)["message"]


def ends_with(pipeline: Pipeline, end: Callable[[psutil.Process], object]) -> bool:
    """Whether all processes of the pipeline end by themselves once honcho was ended that way."""
    honcho = pipeline._honcho.process()
    assert honcho is not None
    end(honcho)
    return wait_until(lambda: not pipeline._marked(), PATIENCE_SECONDS)


def test_the_fate_of_flower_and_of_the_console_is_their_own_and_that_of_the_others_is_honchos(
    pipeline: tuple[Pipeline, Settings],
) -> None:
    running, settings = pipeline
    for name, port in running.pages.items():
        assert wait_until(partial(page_answers, port), PATIENCE_SECONDS)
        [page] = running.processes()[name].children()
        page.kill()
    said = {"Flower ended with exit code -9", "The console ended with exit code -9"}
    assert wait_until(lambda: all(one in running.log_path.read_text() for one in said), PATIENCE_SECONDS)
    assert wait_until(lambda: all(map(page_answers, running.pages.values())), PATIENCE_SECONDS)
    messages = some_messages(300, 20)
    send(settings, messages)
    read_outputs(settings, messages)
    assert running.runs
    assert "stopped (rc=" not in running.log_path.read_text()
    assert ends_with(running, psutil.Process.kill)


def test_of_two_honchos_the_second_takes_over_and_ends_with_its_terminal(
    honchos: tuple[list[Pipeline], Settings],
) -> None:
    [first, second], settings = honchos
    messages = [some_messages(300, 20, seed=seed) for seed in range(2)]
    first.start()
    send(settings, messages[0])
    read_outputs(settings, messages[0])
    assert wait_until(lambda: all(map(page_answers, first.pages.values())), PATIENCE_SECONDS)
    second.start()
    assert wait_until(lambda: not first.runs, PATIENCE_SECONDS), second.log_tail()
    assert "another process with the same name has taken over" in first.log_path.read_text()
    assert "stopped (rc=2)" in first.log_path.read_text()

    send(settings, messages[1])
    read_outputs(settings, messages[0] + messages[1])
    assert wait_until(lambda: all(one.answering for one in pipeline_status(second)), PATIENCE_SECONDS)
    said = second.log_path.read_text()
    assert f"ingest.1 is at work in group {settings.ingest_group} already" in said
    assert f"dispatch.1 is at work in group {settings.dispatch_group} already" in said
    assert said.count(f"Flower cannot start: another process listens on port {second.pages['flower']}") == 1
    assert said.count(f"The console cannot start: another process listens on port {second.pages['console']}") == 1
    assert "Traceback" not in said + first.log_path.read_text()

    # What a terminal that is closed does to the processes in its foreground.
    assert ends_with(second, lambda honcho: os.killpg(honcho.pid, signal.SIGHUP))
