"""Logs as programs read them: whatever happens, every line of every process is one JSON object, and quotes nobody."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest
from cassandra.cluster import Session

from chat_tasks.formats.topics import InstantMessage
from chat_tasks.log.shown_key import shown_key
from stack.pipeline.sender import new_sender
from stack.processes.ports import free_port
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until
from tests.integration.test_quarantine import damage
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send
from tests.pipeline.deployment import SCRIPTS, Deploy, Deployment, Process

pytestmark = pytest.mark.servers

CANARY = "canary-7f3a"
KEY = f"{CANARY}-key"
FIELDS = {"timestamp", "level", "event", "message", "logger", "process", "instance", "pid", "version"}
JSON = {"CHAT_LOG_FORMAT": "json"}


def message(number: int) -> InstantMessage:
    return InstantMessage(
        conversationKey=KEY,
        sender=f"{CANARY}-sender",
        recipients=[f"{CANARY}-recipient"],
        body=f"{CANARY}-body {number}",
    )


def lines(process: Process) -> list[dict[str, Any]]:
    """Its log; fails if a line is no object."""
    found = process.log.splitlines()
    others = [line for line in found if not line.startswith("{")]
    assert not others, others[:3]
    return [orjson.loads(line) for line in found]


def wait_for_event(process: Process, event: str) -> dict[str, Any]:
    """The first line of that event."""

    def found() -> list[dict[str, Any]]:
        return [line for line in lines(process) if line["event"] == event]

    assert wait_until(lambda: bool(found()), PATIENCE_SECONDS), f"{process.name} did not log {event}"
    return found()[0]


def start_flower(deployment: Deployment, folder: Path) -> Process:
    """Flower as the Procfile has it, on a port of its own."""
    port, log_path = free_port(), folder / "flower.log"
    flower = ("celery", "--app", "chat_tasks.celery_app", "flower", "--address=127.0.0.1", f"--port={port}")
    with log_path.open("wb") as log:
        popen = subprocess.Popen(
            (sys.executable, "-m", "chat_tasks.worker.flower", str(SCRIPTS / flower[0]), *flower[1:]),
            stdout=log,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                **deployment.environment,
                **JSON,
                "FLOWER_BASIC_AUTH": f"{CANARY}-name:{CANARY}-password",
            },
            start_new_session=True,
        )
    process = Process("flower", popen, log_path)
    deployment.processes.append(process)
    return process


def test_whatever_happens_every_line_is_one_object_and_none_has_a_text(
    deploy: Deploy, servers: Servers, cassandra: Session, tmp_path: Path
) -> None:
    deployment = deploy()
    settings = deployment.settings
    ingest, dispatch, worker = deployment.start("ingest.1", "dispatch.1", "prefork.1", **JSON)
    flower = start_flower(deployment, tmp_path)
    messages = [message(number) for number in range(2)]
    send(settings, messages)
    read_outputs(settings, messages)

    # What nobody can number.
    producer = new_sender(settings)
    for topic in (settings.message_topic, settings.request_topic):
        producer.produce(topic, f'{{"conversationKey":"{KEY}","sender":"{CANARY}"}}')
    assert producer.flush(PATIENCE_SECONDS) == 0
    for process, topic in ((ingest, settings.message_topic), (dispatch, settings.request_topic)):
        letters = wait_for_event(process, "dead_letters")
        assert (letters["topic"], letters["count"], letters["level"]) == (topic, 1, "warning")

    # A child of the worker is killed, and Redis, and a server hangs.
    [child, *_] = psutil.Process(worker.popen.pid).children()
    child.send_signal(signal.SIGKILL)
    servers.redis.kill()
    send(settings, [message(2)])
    assert wait_for_event(dispatch, "redis_lost")["dependency"] == "redis"
    wait_for_event(worker, "broker_unavailable")
    servers.redis.start()
    servers.redis.wait_until_answering()
    read_outputs(settings, [message(number) for number in range(3)])

    # Rows that contradict the log.
    dispatch.stop()
    damage(cassandra, settings, KEY)
    [successor] = deployment.start("dispatch.1", **JSON)
    send(settings, [message(3)])
    quarantined = wait_for_event(successor, "conversation_quarantined")
    assert quarantined["conversation"] == shown_key(KEY, settings)

    assert wait_until(lambda: "Visit me" in flower.log, PATIENCE_SECONDS), flower.log
    for process in deployment.processes:
        assert lines(process), process.name
        assert all(line.keys() >= FIELDS for line in lines(process))
        assert CANARY not in process.log
    assert {line["process"] for process in deployment.processes for line in lines(process)} == {
        *("ingest", "dispatch", "worker", "flower")
    }
    assert {line["instance"] for line in lines(ingest)} == {"ingest.1"}
