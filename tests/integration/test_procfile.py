"""The real Procfile under the real honcho, as a user runs it, watched in Flower."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_tasks.settings import Settings
from stack.development.status import pipeline_status
from stack.pipeline.procfile import Pipeline
from stack.processes.ports import free_port
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


@pytest.fixture
def pipeline(deploy: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Pipeline, Settings]]:
    """The Procfile's processes on topics of their own, in a folder whose `.env` is somebody else's."""
    (tmp_path / ".env").write_text("CHAT_MAX_BODY_BYTES=1\nCHAT_INSTANCE_NAME=ingest.1\nCHAT_REPLAY_WINDOW=wrong\n")
    monkeypatch.chdir(tmp_path)
    deployment = deploy()
    environment = {
        **deployment.environment,
        "CHAT_FLOWER_PORT": str(free_port()),
        "FLOWER_UNAUTHENTICATED_API": "true",
    }
    pipeline = Pipeline(tmp_path / "pipeline", environment)
    pipeline.start()
    yield pipeline, deployment.settings
    pipeline.stop()


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
    base = f"http://127.0.0.1:{running.flower_port}"

    def ask(path: str) -> Any:
        try:
            with urllib.request.urlopen(base + path, timeout=5) as answer:
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
