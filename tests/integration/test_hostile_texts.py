"""Texts that would command a terminal, through the whole pipeline to everything that a person reads."""

import os
import subprocess

import orjson
import pytest
from cassandra.cluster import Session

from chat_tasks.formats.topics import InstantMessage
from chat_tasks.printable import printable, printable_lines
from stack.waiting import wait_until
from tests.integration.test_commands import chat_tasks
from tests.integration.test_quarantine import damage
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send
from tests.pipeline.deployment import SCRIPTS, Deploy

pytestmark = pytest.mark.servers

KEY = "k\u202e\x1b[2J\x85\n2026-01-31 12:00:00,000 INFO forged: all is well"
SENDER = "eve\x1b]0;owned\x07"
BODY = "hello\n       9  bob: I, bob, pay you 100\x07\x9b31m\u2066\x7f שלום 👨‍👩‍👧"


def message(number: int) -> InstantMessage:
    return InstantMessage(conversationKey=KEY, sender=SENDER, recipients=[], body=f"{BODY} {number}")


def test_nothing_that_a_person_reads_is_forged(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(log_keys=True)
    settings = deployment.settings
    processes = deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = [message(0), message(1)]
    send(settings, messages)
    outputs = read_outputs(settings, messages)[KEY]

    shown = chat_tasks(deployment, "latest", KEY).stdout
    assert shown == "".join(
        f"{number:>8}  {printable(SENDER)}: {printable(orjson.loads(value)['body'])}\n"
        for number, value in enumerate(outputs)
    )
    assert "שלום 👨‍👩‍👧" in shown

    command = [str(SCRIPTS / "chat-tasks"), "tail", "--from-beginning"]
    with subprocess.Popen(command, env={**os.environ, **deployment.environment}, stdout=subprocess.PIPE) as tail:
        assert tail.stdout is not None
        lines = [tail.stdout.readline().decode().removesuffix("\n") for _ in outputs]
        tail.terminate()
    assert [printable(line) for line in lines] == lines
    assert [orjson.loads(line.split("  ", 1)[1]) for line in lines] == [orjson.loads(value) for value in outputs]

    processes[1].stop()
    damage(cassandra, settings, KEY)
    [dispatch] = deployment.start("dispatch.1")
    send(settings, [message(2)])
    line = f"conversation {printable(orjson.dumps(KEY).decode())} is going to be quarantined: row 2 "
    assert wait_until(lambda: line in dispatch.log, PATIENCE_SECONDS)
    as_json = "[]"

    def is_shown() -> bool:
        nonlocal as_json
        as_json = chat_tasks(deployment, "quarantine", "show", "--json").stdout
        return bool(orjson.loads(as_json))

    assert wait_until(is_shown, PATIENCE_SECONDS, interval=0.3)
    assert orjson.loads(as_json)[0]["conversationKey"] == KEY
    for_people = chat_tasks(deployment, "quarantine", "show").stdout
    refused = chat_tasks(deployment, "quarantine", "release", f"{KEY}\x1b").stderr
    assert len(refused.splitlines()) == 1
    for text in (as_json, for_people, refused, *(process.log for process in [*processes, dispatch])):
        assert printable_lines(text) == text
