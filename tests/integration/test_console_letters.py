"""Dead letters in the console: filtered, opened, edited and sent again, each once, whatever is killed."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from bridge.kafka.reading.dead_letter_reader import read_dead_letters
from bridge.kafka.reading.topic_reader import TopicReader
from chat_tasks.formats.topics import InstantMessage
from chat_tasks.settings import Settings
from stack.pipeline.sender import new_sender
from stack.waiting import wait_until
from tests.pipeline.console import Console, start_console
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy, Deployment

pytestmark = [pytest.mark.servers, pytest.mark.long]

LETTERS = 1000
HOSTILE = "../a//b/?#%2F\"'<b>\u0007\u202e\u05e9\U0001f389"
PASSWORDS = {"viewer": "figures", "reader": "texts", "operator": "everything"}
# It has no sender, and its text is as large as a message's may be.
LARGE = orjson.dumps({"conversationKey": HOSTILE, "recipients": [], "body": f"\u202e\u05e9<b> {'x' * 65_000}"})
BROKEN = b'{"conversationKey":"c-1","sender":"\xff\x00<i>"}'
MENDED = InstantMessage(conversationKey=HOSTILE, sender="ann", recipients=[], body="mended in the console")


def start_operating(deployment: Deployment) -> Console:
    """A console with passwords, as an operator asks it."""
    passwords = {f"CHAT_CONSOLE_{role.upper()}_PASSWORD": password for role, password in PASSWORDS.items()}
    return start_console(deployment, **passwords).asked_by(password=PASSWORDS["operator"])


def letters(console: Console, **filters: str) -> dict[str, Any]:
    found: dict[str, Any] = console.json("/api/letters", **filters)
    return found


def replayed(console: Console, replay_id: str) -> dict[str, Any]:
    """The replay, after its end."""
    found: dict[str, Any] = {}

    def ended() -> bool:
        found.update(console.json(f"/api/letters/replays/{replay_id}", limit="1000"))
        return bool(found["state"] != "running")

    assert wait_until(ended, PATIENCE_SECONDS, interval=0.1), found
    return found


def receipts(settings: Settings) -> int:
    return sum(message.value() is None for messages in read_dead_letters(settings) for message in messages)


def letter_with(console: Console, reason: str) -> str:
    [found] = letters(console, reason=reason, state="waiting")["letters"]
    return str(found["id"])


def test_a_console_shows_filters_edits_and_sends_again(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    ingest, *_ = deployment.start("ingest.1", "dispatch.1", "worker.1", CHAT_MAX_BODY_BYTES="1")
    messages = some_messages(LETTERS, 50)
    send(settings, messages)
    producer = new_sender(settings)
    producer.produce(settings.message_topic, LARGE, headers=[("trace", HOSTILE.encode())])
    producer.produce(settings.message_topic, BROKEN)
    producer.flush()
    operator = start_operating(deployment)
    assert wait_until(lambda: letters(operator)["total"] == LETTERS + 2, PATIENCE_SECONDS, interval=0.3)
    ingest.stop()
    deployment.start("ingest.1")

    _roles(operator)
    _filters_and_pages(operator)
    _texts_are_only_texts(operator)
    edited = _edit(operator)
    last = _replay(deployment, operator, edited)
    read_outputs(settings, [*messages, MENDED])
    assert receipts(settings) == LETTERS + 1
    assert letters(last, state="waiting")["total"] == 1


def _roles(console: Console) -> None:
    viewer, reader = (console.asked_by(password=PASSWORDS[role]) for role in ("viewer", "reader"))
    figures = viewer.get("/api/letters/figures").json()["figures"]
    by_reason = {one["reason"]: one["waiting"] for one in figures}
    assert by_reason == {"body": LETTERS, "sender": 1, "value": 1}
    page = viewer.get("/letters").text
    assert "1,002 letters wait" in page
    assert "mended" not in page
    assert "c-1" not in page
    some = letters(reader)["letters"][0]["id"]
    for path in ("/api/letters", f"/api/letters/{some}", f"/letters/{some}", f"/letters/{some}/value"):
        assert viewer.get(path).status_code == 403
        assert reader.get(path).status_code == 200
    for path in ("/api/letters/replays", "/letters/replays", f"/letters/{some}"):
        assert reader.post(path, json={"everything": True}, data=None).status_code == 403
    assert "Only an operator sends letters again" in reader.get(f"/letters/{some}").text


def _filters_and_pages(operator: Console) -> None:
    everything: list[dict[str, Any]] = []
    older: str | None = ""
    while older is not None:
        page = letters(operator, limit="300", **({"older_than": older} if older else {}))
        everything += page["letters"]
        older = page["older"]
    assert len({one["id"] for one in everything}) == len(everything) == LETTERS + 2
    assert everything == sorted(everything, key=lambda one: one["time"], reverse=True)
    middle = everything[len(everything) // 2]["time"]
    wanted: list[tuple[dict[str, str], Callable[[dict[str, Any]], bool]]] = [
        ({"reason": "SENDER:"}, lambda one: one["reason"].startswith("sender:")),
        ({"stage": "APPEND"}, lambda one: one["stage"] == "APPEND"),
        ({"since": middle}, lambda one: one["time"] >= middle),
        ({"until": middle, "state": "waiting"}, lambda one: one["time"] < middle),
        ({"conversation": HOSTILE}, lambda one: one["conversationKey"] == HOSTILE),
        ({"state": "replayed"}, lambda one: one["state"] == "replayed"),
    ]
    for filters, matches in wanted:
        found = letters(operator, limit="500", **filters)
        assert found["total"] == sum(map(matches, everything)), filters
        assert found["letters"] == [one for one in everything if matches(one)][:500], filters
    wrong = operator.get("/api/letters", since="yesterday")
    assert (wrong.status_code, wrong.json()) == (
        422,
        {"error": "since: a time is written as 2026-01-31T12:00, in UTC"},
    )
    page_ = operator.get("/letters", since="yesterday", reason="kept as <typed>")
    assert page_.status_code == 422
    assert 'aria-invalid="true"' in page_.text
    assert 'value="kept as &lt;typed&gt;"' in page_.text
    listed = operator.get("/letters").text
    assert "1 to 50 of 1,002" in listed
    assert "chat-tasks letters replay --all --dry-run" in listed


def _texts_are_only_texts(operator: Console) -> None:
    large, broken = letter_with(operator, "sender:"), letter_with(operator, "value:")
    assert operator.get(f"/letters/{large}/value").content == LARGE
    found = operator.get(f"/api/letters/{large}").json()
    assert (found["value"], found["conversationKey"]) == (LARGE.decode(), HOSTILE)
    assert ["trace", HOSTILE] in found["headers"]
    page = operator.get(f"/letters/{large}").text
    assert "<b>" not in page
    assert '<span class="escape" title="U+202E RIGHT-TO-LEFT OVERRIDE">\\u202e</span>' in page
    assert operator.get(f"/api/letters/{broken}").json()["value"] is None
    page = operator.get(f"/letters/{broken}").text
    assert '<span class="escape" title="a byte that is no UTF-8">\\xff</span>' in page
    assert "<i>" not in page
    assert operator.get("/letters/0@999999").status_code == 404
    assert operator.get("/api/letters/seven").status_code == 404


def _edit(operator: Console) -> str:
    """Edit a letter and send it again; returns its id."""
    letter = letter_with(operator, "sender:")
    typed = '{"conversationKey": "mended", <b>\r\n}'
    refused = operator.post(f"/letters/{letter}", data={"value": typed})
    assert refused.status_code == 422
    assert "it would be refused again: value: Invalid JSON" in refused.text
    assert "{&#34;conversationKey&#34;: &#34;mended&#34;, &lt;b&gt;\n}</textarea>" in refused.text
    sent = operator.post(f"/letters/{letter}", data={"value": orjson.dumps(MENDED.model_dump()).decode()})
    assert "/letters/replays/" in sent.url
    [outcome] = replayed(operator, sent.url.rpartition("/")[2])["outcomes"]
    assert (outcome["letter"], outcome["conversationKey"]) == (letter, HOSTILE)
    opened = operator.get(f"/api/letters/{letter}").json()
    assert (opened["state"], opened["receipt"]["id"]) == ("replayed", outcome["receipt"])
    twice = operator.post(f"/letters/{letter}", data={"value": typed})
    assert twice.status_code == 422
    return letter


def _replay(deployment: Deployment, operator: Console, letter: str) -> Console:
    """A dry run; a replay whose console is killed, one whose console is stopped, and the rest by a third console.

    Returns the third one.
    """
    settings = deployment.settings
    dry = replayed(operator, operator.post("/letters/replays", data={"reason": ""}).url.rpartition("/")[2])
    assert (dry["sent"], dry["before"], dry["refused"]) == (LETTERS, 1, 1)
    assert len(dry["outcomes"]) == LETTERS
    assert receipts(settings) == 1
    with TopicReader(settings, [settings.message_topic]) as reader:
        running = operator.post(f"/letters/replays/{dry['id']}").url.rpartition("/")[2]
        # Other pages are answered meanwhile, and the replay's own page may be opened again.
        assert operator.get("/api/pipeline").status_code == 200
        assert operator.get(f"/letters/replays/{running}").status_code == 200
        assert wait_until(lambda: bool(reader.poll(0.1)), PATIENCE_SECONDS, interval=0)
        operator.process.kill()
    operator = start_operating(deployment)
    assert operator.get(f"/api/letters/replays/{running}").status_code == 404
    started = operator.post("/api/letters/replays", json={"everything": True})
    assert started.status_code == 202, started.text
    operator.process.stop()
    operator = start_operating(deployment)
    again = replayed(operator, operator.post("/api/letters/replays", json={"reason": "body:"}).json()["id"])
    assert (again["state"], again["failure"]) == ("ended", None)
    assert again["sent"] + again["before"] == LETTERS
    assert operator.post(f"/api/letters/replays/{again['id']}/stop").status_code == 202
    entries = operator.get("/api/audit").json()["entries"]
    assert [one["result"] for one in entries if one["action"] == "stop_replay"] == ["done"]
    audit = {one["target"]: one["result"] for one in entries if one["action"] == "replay"}
    # A console that is killed leaves its entry as it is. One that is stopped ends its replay, and says so.
    assert audit.pop(f"letters that a dry run found ({LETTERS})") in {"begun", "done"}
    assert audit.pop("all letters") in {"failed", "done"}
    assert audit == {f"letters {letter}": "done", "letters that match": "done"}
    assert again["command"] == "chat-tasks letters replay --reason body:"
    places = {(one["receipt"], quote(str(one["sent_to"]))) for one in again["outcomes"]}
    assert len(places) == min(again["sent"], 1000)
    for body in ({}, {"ids": ["0@1"], "everything": True}, {"ids": ["x"]}, {"everything": True, "value": "x"}):
        assert operator.post("/api/letters/replays", json=body).status_code == 422
    return operator
