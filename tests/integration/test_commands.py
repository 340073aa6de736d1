"""What a person types: send, latest, tail, health."""

import os
import subprocess
from itertools import chain

import orjson
import pytest

from bridge.commands.history import as_document
from bridge.commands.tail import follow_conversation
from chat_tasks.formats.topics import InstantMessage
from stack.processes.ports import free_port
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import SCRIPTS, Deploy, Deployment

pytestmark = pytest.mark.servers


def chat_tasks(
    deployment: Deployment, *arguments: str, name: str = "person", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [str(SCRIPTS / "chat-tasks"), *arguments],
        env={**os.environ, **deployment.environment, "CHAT_INSTANCE_NAME": name, **environment},
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


def test_health_says_what_the_process_says(deploy: Deploy) -> None:
    deployment = deploy()
    at = {"CHAT_HTTP_PORT": str(free_port())}
    silent = chat_tasks(deployment, "health", "ingest", **at)
    assert (silent.returncode, silent.stdout) == (2, "")
    assert silent.stderr.startswith(f"chat-tasks: no answer at 127.0.0.1 port {at['CHAT_HTTP_PORT']}: ")
    [dispatch] = deployment.start("dispatch.1", **at)
    assert wait_until(lambda: chat_tasks(deployment, "health", "dispatch", **at).stdout == "ready\n", PATIENCE_SECONDS)
    assert chat_tasks(deployment, "health", "dispatch", "--live", **at).stdout == "alive\n"
    other = chat_tasks(deployment, "health", "ingest", **at)
    assert (other.returncode, other.stdout) == (2, "")
    assert "answers dispatch: see CHAT_HTTP_PORT" in other.stderr
    assert "CHAT_HTTP_PORT is not set" in chat_tasks(deployment, "health", "dispatch").stderr
    dispatch.stop()


def test_nobody_to_answer_is_one_clear_line(deploy: Deploy) -> None:
    deployment = deploy()
    asked = chat_tasks(deployment, "latest", "abc", "--timeout", "1")
    assert asked.returncode == 2
    assert asked.stderr == "chat-tasks: no block came within 1 seconds: does the pipeline run (`honcho start`)?\n"


def test_a_conversation_is_followed_from_a_number_on(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    followed = [InstantMessage(conversationKey="abc", sender="ann", recipients=[], body=f"b {n}") for n in range(4)]
    others = some_messages(100, 20)
    send(settings, [*followed[:2], *others])
    read_outputs(settings, [*followed[:2], *others])
    command = [str(SCRIPTS / "chat-tasks"), "tail", "--conversation", "abc", "--json", "--from", "3"]
    environment = {**os.environ, **deployment.environment}
    following = chain.from_iterable(follow_conversation(settings, "abc", 1))
    seen = [as_document(next(following))]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as tail:
        send(settings, [*some_messages(100, 20, seed=1), *followed[2:]])
        seen += [as_document(next(following)) for _ in range(2)]
        assert tail.stdout is not None
        assert orjson.loads(tail.stdout.readline()) == seen[-1]
        tail.terminate()
    history = chat_tasks(deployment, "history", "abc", "--json", "--after", "0").stdout
    assert [one["conversationMsgSeq"] for one in seen] == [1, 2, 3]
    assert seen == [orjson.loads(line) for line in history.splitlines()]
