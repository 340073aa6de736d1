"""What a person types: send, latest, tail, health."""

import os
import subprocess

import pytest

from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.deployment import SCRIPTS, Deploy, Deployment

pytestmark = pytest.mark.servers


def chat_tasks(deployment: Deployment, *arguments: str, name: str = "person") -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [str(SCRIPTS / "chat-tasks"), *arguments],
        env={**os.environ, **deployment.environment, "CHAT_INSTANCE_NAME": name},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_send_then_latest(deploy: Deploy) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    for body in ("first", "second 👋"):
        sent = chat_tasks(deployment, "send", "abc", body, "--sender", "ann", "--to", "bob")
        assert sent.returncode == 0, sent.stderr
        assert sent.stdout.startswith(deployment.settings.message_topic)

    shown = ""

    def both_are_shown() -> bool:
        nonlocal shown
        shown = chat_tasks(deployment, "latest", "abc").stdout
        return shown.count("\n") == 2

    assert wait_until(both_are_shown, PATIENCE_SECONDS)
    lines = [line.split(maxsplit=1) for line in shown.splitlines()]
    assert [number for number, _ in lines] == ["0", "1"]
    assert {text for _, text in lines} == {"ann: first", "ann: second 👋"}
    assert chat_tasks(deployment, "latest", "abc", "-n", "1", "--before", "1").stdout == shown.splitlines()[0] + "\n"


def test_tail_shows_records_as_they_are(deploy: Deploy) -> None:
    deployment = deploy()
    chat_tasks(deployment, "send", "abc", "hello")
    command = [str(SCRIPTS / "chat-tasks"), "tail", "--topic", deployment.settings.message_topic, "--from-beginning"]
    with subprocess.Popen(command, env={**os.environ, **deployment.environment}, stdout=subprocess.PIPE) as tail:
        assert tail.stdout is not None
        assert (
            tail.stdout.readline()
            .decode()
            .endswith('{"conversationKey":"abc","sender":"me","recipients":[],"body":"hello"}\n')
        )
        tail.terminate()


def test_tail_says_that_a_topic_is_not_there(deploy: Deploy) -> None:
    deployment = deploy()
    for topic, reason in (
        ("nonsense", "there is no topic nonsense: run `chat-tasks init` first"),
        ("a b\x1b[2J", "a b\\u001b[2J is no name that a topic can have"),
    ):
        refused = chat_tasks(deployment, "tail", "--topic", topic)
        assert refused.returncode == 2
        assert refused.stderr == f"chat-tasks: {reason}\n"


def test_health_knows_who_is_at_work(deploy: Deploy) -> None:
    deployment = deploy()
    deployment.start("ingest.1")
    assert wait_until(lambda: chat_tasks(deployment, "health", "ingest", name="ingest.1").returncode == 0, 30)
    stranger = chat_tasks(deployment, "health", "ingest", name="ingest.2")
    assert stranger.returncode == 2
    assert "ingest.2 is not a member of group" in stranger.stderr


def test_nobody_to_answer_is_one_clear_line(deploy: Deploy) -> None:
    deployment = deploy()
    asked = chat_tasks(deployment, "latest", "abc", "--timeout", "1")
    assert asked.returncode == 2
    assert asked.stderr == "chat-tasks: no block came within 1 seconds: does the pipeline run (`honcho start`)?\n"
