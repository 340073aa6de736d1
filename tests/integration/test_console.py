"""The console over HTTP, against a real pipeline: what a front end that knows nothing of Kafka can do."""

from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote

import orjson
import pytest
import requests

from stack.waiting import wait_until
from tests.pipeline.console import start_console
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

# Slashes, dots, quotes, controls, ends of lines, right to left, and an emoji: as a key, a sender and a text.
HOSTILE = "../a//b/?#%2F\"'<b>\u0000\u0007\r\n\u202e\u05e9\U0001f389"


def test_a_message_is_sent_numbered_read_and_followed(deploy: Deploy) -> None:
    deployment = deploy()
    console = start_console(deployment, "ingest.1", "dispatch.1", "worker.1")
    conversation = f"/api/conversations/{quote(HOSTILE, safe='')}"
    messages = f"{conversation}/messages"

    numbered = [
        console.post(
            messages,
            params={"wait": "1"},
            json={"sender": HOSTILE, "recipients": ["bob"], "body": f"{HOSTILE} {number}"},
        ).json()
        for number in range(3)
    ]
    assert [one["number"] for one in numbered] == [0, 1, 2]

    found = console.json(messages)
    assert found["conversation"]["key"] == HOSTILE
    assert found["conversation"]["newest"] == 2
    assert [(one["number"], one["sender"], one["body"]) for one in found["messages"]] == [
        (number, HOSTILE, f"{HOSTILE} {number}") for number in range(3)
    ]
    page = console.page("/c", key=HOSTILE)
    assert "<b>" not in page
    assert page.count("&lt;b&gt;") >= 3

    # A client that lost its connection after the first message gets the others once, and then what comes.
    events = requests.get(
        f"{console.address}{conversation}/events",
        headers={"Last-Event-ID": "0"},
        stream=True,
        timeout=PATIENCE_SECONDS,
    )
    following = numbers(events)
    assert list(islice(following, 2)) == [1, 2]
    console.post(messages, json={"sender": "ann", "body": "another"})
    assert next(following) == 3
    events.close()

    def pipeline() -> dict[str, object]:
        answer: dict[str, object] = console.json("/api/pipeline")
        return answer

    assert wait_until(lambda: pipeline()["headline"] == "Everything flows", PATIENCE_SECONDS), pipeline()
    [worker] = [process for process in deployment.processes if process.name == "worker.1"]
    worker.kill()
    assert wait_until(lambda: pipeline()["headline"] == "Worker.1 does not answer", PATIENCE_SECONDS), pipeline()


def numbers(events: requests.Response) -> Iterator[int]:
    """The numbers of the messages in a stream of server-sent events."""
    for line in events.iter_lines(chunk_size=1):
        if line.startswith(b"data: "):
            yield orjson.loads(line.removeprefix(b"data: "))["number"]
