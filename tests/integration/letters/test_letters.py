"""Dead letters of inputs: listed, shown, edited, sent again each once whatever is killed, and deleted."""

import os
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from bridge.kafka.reading.dead_letter_reader import read_dead_letters
from bridge.kafka.reading.topic_reader import TopicReader
from bridge.letters.documents import summary
from bridge.letters.opening import open_letter
from bridge.letters.purge import plan_purge, purge_letters
from bridge.letters.replay import ReplaySender, replay_letters
from bridge.letters.selection import Selection, select
from bridge.letters.sending_again import record_again
from bridge.letters.states import LetterState, read_states
from bridge.records.replay_receipts import LetterId
from chat_tasks.errors import NotReplayed
from chat_tasks.formats.topics import InstantMessage
from chat_tasks.printable import printable_lines
from chat_tasks.settings import Settings
from stack.pipeline.sender import new_sender
from stack.waiting import wait_until
from tests.integration.test_commands import chat_tasks
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, read_topic, send, some_messages
from tests.pipeline.deployment import SCRIPTS, Deploy, Deployment

pytestmark = pytest.mark.servers

HOSTILE = '{"conversationKey":"c-1","sender":7,"recipients":[],"body":"\x9b31m \u202e \x7f forged"}'.encode()
MENDED = InstantMessage(conversationKey="mended", sender="ann", recipients=[], body="mended by hand")
LETTERS = 1000


def letters(settings: Settings, wanted: Selection | None = None) -> list[dict[str, Any]]:
    """The documents of the letters that there are."""
    return [summary(*one) for one in select(settings, read_states(settings), wanted or Selection())]


def receipts(settings: Settings) -> int:
    """How many letters have a receipt."""
    return sum(message.value() is None for messages in read_dead_letters(settings) for message in messages)


def replay(deployment: Deployment, *arguments: str) -> "subprocess.Popen[str]":
    """Start a replay."""
    command = [str(SCRIPTS / "chat-tasks"), "letters", "replay", *arguments]
    environment = {**os.environ, **deployment.environment}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_letters_are_sent_again_each_once_whatever_is_killed(deploy: Deploy, tmp_path: Path) -> None:
    deployment = deploy()
    settings = deployment.settings
    ingest, *_ = deployment.start("ingest.1", "dispatch.1", "worker.1", CHAT_MAX_BODY_BYTES="1")
    messages = some_messages(LETTERS, 50)
    send(settings, messages)
    producer = new_sender(settings)
    producer.produce(settings.message_topic, HOSTILE, headers=[("trace", b"7")])
    producer.produce(settings.request_topic, b'{"conversationKey":"c-1","numMsgs":-1}')
    producer.flush()
    assert wait_until(lambda: len(letters(settings)) == LETTERS + 2, PATIENCE_SECONDS, interval=0.3)

    # Whoever sends a letter to an ingest that refuses it again has another letter.
    first = letters(settings, Selection(reason="body:"))[0]["id"]
    assert replay_letters(settings, Selection(frozenset([LetterId.read(first)]))).sent == 1
    assert wait_until(lambda: len(letters(settings)) == LETTERS + 3, PATIENCE_SECONDS, interval=0.3)
    ingest.stop()
    deployment.start("ingest.1")

    everything = letters(settings)
    assert [one["id"] for one in everything if one["state"] != "waiting"] == [first]
    _filter(deployment, everything)
    _fence(deployment)
    with TopicReader(settings, [settings.message_topic]) as reader, replay(deployment, "--reason", "body:") as killed:
        assert wait_until(lambda: bool(reader.poll(0.1)), PATIENCE_SECONDS, interval=0)
        killed.kill()
    assert killed.returncode == -9
    assert 3 < receipts(settings) < LETTERS + 1
    with replay(deployment, "--all") as one, replay(deployment, "--all") as other:
        said = [process.communicate(timeout=PATIENCE_SECONDS) for process in (one, other)]
    assert 0 in {one.returncode, other.returncode}, said
    assert receipts(settings) == LETTERS + 1
    read_outputs(settings, messages)

    [sender] = letters(settings, Selection(reason="SENDER:"))
    _see_one(deployment, sender["id"])
    _edit_one(deployment, sender["id"], tmp_path)
    _edit_request(settings)
    read_outputs(settings, [*messages, MENDED])
    _purge(deployment)


def _filter(deployment: Deployment, everything: list[dict[str, Any]]) -> None:
    settings = deployment.settings
    times = sorted(one["time"] for one in everything)
    middle = times[len(times) // 2]
    for filters, wanted in (
        (("--since", middle), [one for one in everything if one["time"] >= middle]),
        (
            ("--until", middle, "--state", "waiting"),
            [one for one in everything if one["time"] < middle and one["state"] == "waiting"],
        ),
        (("--conversation", "c-1"), [one for one in everything if one["conversationKey"] == "c-1"]),
        (("--stage", "APPEND"), []),
    ):
        found = chat_tasks(deployment, "letters", "list", "--json", *filters)
        lines = [orjson.loads(line) for line in found.stdout.splitlines()]
        assert {one["id"]: one for one in lines} == {one["id"]: one for one in wanted}, found.stderr
    dry = chat_tasks(deployment, "letters", "replay", "--all", "--dry-run").stdout
    assert dry.splitlines()[:2] == [
        f"{LETTERS} letters would be sent again",
        "1 were sent again, or released, before",
    ]
    assert "2 are not sent; the first one is " in dry
    assert receipts(settings) == 1


def _fence(deployment: Deployment) -> None:
    """Two of the letters by two senders, of which the second fences the first, and a command the second."""
    settings = deployment.settings
    found = [one.letter for one in select(settings, read_states(settings), Selection(state=LetterState.WAITING))]
    some = [one for one in found if one.reason.startswith("body:")][-2:]
    again = [(one, record_again(one, LetterState.WAITING, None, {}, settings)) for one in some]
    first = ReplaySender(settings)
    [receipted] = first.send(again[:1])
    opened = open_letter(settings, read_states(settings), some[0].id)
    assert (opened.letter, opened.state) == (some[0], LetterState.REPLAYED)
    assert opened.receipt is not None
    assert opened.receipt.id == receipted.receipt
    assert receipted.sent_to is not None
    assert receipted.sent_to.topic == settings.message_topic
    assert open_letter(settings, read_states(settings), some[1].id) == (some[1], LetterState.WAITING, None)
    second = ReplaySender(settings)
    with pytest.raises(NotReplayed, match=r"another replay of dead_letter-\d+ has begun, or .*: this one ends"):
        first.send(again[1:])
    second.send(again[1:])
    assert receipts(settings) == 3
    stopped = chat_tasks(deployment, "letters", "stop")
    assert (stopped.returncode, stopped.stderr) == (0, "")
    with pytest.raises(NotReplayed, match="or somebody has stopped this one"):
        second.send(again[1:])
    assert receipts(settings) == 3


def _see_one(deployment: Deployment, letter: str) -> None:
    shown = chat_tasks(deployment, "letters", "show", letter).stdout
    assert printable_lines(shown) == shown
    assert "\\u009b31m \\u202e \\u007f forged" in shown
    assert "header          trace: 7\n" in shown
    document = orjson.loads(chat_tasks(deployment, "letters", "show", letter, "--json").stdout)
    assert document["value"] == HOSTILE.decode()
    command = [str(SCRIPTS / "chat-tasks"), "letters", "show", letter, "--raw"]
    environment = {**os.environ, **deployment.environment}
    assert subprocess.run(command, env=environment, capture_output=True, check=True).stdout == HOSTILE
    missing = chat_tasks(deployment, "letters", "show", "0@999999")
    assert (missing.returncode, missing.stderr) == (
        2,
        f"chat-tasks: 0@999999 is no letter in {deployment.settings.dead_letter_topic}\n",
    )


def _edit_one(deployment: Deployment, letter: str, folder: Path) -> None:
    settings = deployment.settings
    refused = chat_tasks(deployment, "letters", "replay", letter, "--value", '{"conversationKey":"mended"}')
    assert refused.returncode == 2
    assert "it would be refused again: sender: Field required" in refused.stderr
    file = folder / "mended.json"
    file.write_bytes(orjson.dumps(MENDED.model_dump()))
    edited = chat_tasks(deployment, "letters", "replay", letter, "--value-file", str(file))
    assert edited.stdout == "1 letters sent again\n", edited.stderr
    twice = chat_tasks(deployment, "letters", "replay", letter, "--value-file", str(file))
    assert twice.stdout.splitlines() == ["0 letters sent again", "1 were sent again, or released, before"]
    found: list[Any] = []
    with TopicReader(settings, [settings.output_topic], from_beginning=True) as reader:

        def came() -> bool:
            found.extend(message for message in reader.poll(0.2) if message.key() == b"mended")
            return bool(found)

        assert wait_until(came, PATIENCE_SECONDS, interval=0)
    assert [orjson.loads(one.value())["conversationMsgSeq"] for one in found] == [0]
    assert ("trace", b"7") in found[0].headers()


def _edit_request(settings: Settings) -> None:
    [one] = [one for one in letters(settings) if one["topic"] == settings.request_topic]
    wanted = Selection(frozenset([LetterId.read(one["id"])]))
    refused = replay_letters(settings, wanted)
    assert refused.first_refused is not None
    assert refused.first_refused[1] == "it would be refused again: numMsgs: must not be negative"
    value = b'{"conversationKey":"c-1","numMsgs":1}'
    assert replay_letters(settings, wanted, value=value).sent == 1
    assert value in {one.value() for one in read_topic(settings, settings.request_topic, 2)}


def _purge(deployment: Deployment) -> None:
    settings = deployment.settings
    producer = new_sender(settings)
    producer.produce(settings.message_topic, b"hello")
    producer.flush()
    waits = Selection(state=LetterState.WAITING)
    assert wait_until(lambda: bool(letters(settings, waits)), PATIENCE_SECONDS, interval=0.3)
    [waiting] = letters(settings, waits)
    assert "would delete" in chat_tasks(deployment, "letters", "purge", "--dry-run").stdout
    assert len(letters(settings)) == LETTERS + 4
    purged = chat_tasks(deployment, "letters", "purge").stdout
    assert f"{waiting['id']} is waiting, and stays with all behind it" in purged
    assert letters(settings) == [waiting]
    [forced] = plan_purge(settings, None, is_forced=True)
    assert forced.letters == {LetterState.WAITING: 1}
    purge_letters(settings, [forced])
    assert letters(settings) == []
