"""What a pipeline has to have gone through so that each page has something to show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import requests
from playwright.sync_api import Page

from chat_tasks.formats.topics import InstantMessage
from chat_tasks.settings import Settings
from console.addresses import conversation_address
from stack.pipeline.sender import new_sender
from stack.waiting import wait_until
from tests.console.browser.site import Site
from tests.pipeline.conversation import PATIENCE_SECONDS, send
from tests.pipeline.own_session import own_session

SICK, LONG, LARGE, HEBREW, EMPTY = "sick", "long", "large", "\u05e9\u05dc\u05d5\u05dd", "empty"
LONG_MESSAGES = 1_000
KEY = "../a//b/?#%2F\"'<b>\u202e\u05e9\U0001f389" + "k" * 200


def every_state(site: Site) -> None:
    """Long, large, right-to-left and empty conversations, dead letters, and a quarantined conversation."""
    send(
        site.settings,
        [
            *(_message(LONG, f"message {number}") for number in range(LONG_MESSAGES)),
            _message(LARGE, "\U0001f389 " + "x" * 64_000),
            _message(HEBREW, "\u05e9\u05dc\u05d5\u05dd, \u05e2\u05d5\u05dc\u05dd!"),
            _message(KEY, "<script>alert(1)</script>"),
        ],
    )
    wait_for(site, LONG, LONG_MESSAGES - 1)
    send_invalid(site.settings, 3)
    quarantine(site)


def quarantine(site: Site, bodies: Sequence[str] = ("unwell",)) -> None:
    """Have the conversation `SICK` quarantined: a row that nobody can have written is in its first message's place.

    Another conversation has to have a message.
    """
    table = f"{site.settings.cassandra_keyspace}.messages"
    with own_session(site.settings) as session:
        other = next(row for row in session.execute(f"SELECT log_id FROM {table}") if row.log_id is not None)
        session.execute(
            f"INSERT INTO {table} (conversation_key, bucket, seq, sender, body, log_id, log_offset) "
            "VALUES (%s, 0, 0, 'nobody', 'nothing', %s, 1000000000) USING TIMESTAMP 1",
            (SICK, other.log_id),
        )
    send(site.settings, [_message(SICK, body) for body in bodies])
    assert wait_until(lambda: bool(ask(site, "/api/quarantine")), PATIENCE_SECONDS)


def send_invalid(settings: Settings, number: int) -> None:
    """Send records without a recipient's list, which become dead letters."""
    producer = new_sender(settings)
    for index in range(number):
        value = f'{{"conversationKey":"broken","sender":"bob","recipients":"ann","body":"Hi {index}!"}}'
        producer.produce(settings.message_topic, value.encode())
    assert producer.flush(PATIENCE_SECONDS) == 0


def wait_for(site: Site, key: str, number: int) -> None:
    """Wait until the conversation has a message of this number."""
    path = f"/api/conversations/{quote(key, safe='')}/messages?limit=1"
    assert wait_until(lambda: ask(site, path)["conversation"]["newest"] == number, PATIENCE_SECONDS, interval=0.5)


def ask(site: Site, path: str) -> Any:
    """The JSON that the console answers with."""
    return requests.get(f"{site.address}{path}", timeout=PATIENCE_SECONDS).json()


def paths(page: Page) -> Iterator[str]:
    """The addresses of all pages: those that the head of each page names, and conversations of every kind."""
    page.goto("/")
    links = page.get_by_role("navigation", name="Pages").get_by_role("link")
    yield from [link.get_attribute("href") or "" for link in links.all()]
    yield from (conversation_address(key) for key in (LONG, LARGE, HEBREW, KEY, SICK, EMPTY))
    yield conversation_address(LONG, around=500)
    yield "/login"
    yield "/nowhere"


def _message(key: str, body: str) -> InstantMessage:
    return InstantMessage(conversationKey=key, sender="ann", recipients=["bob"], body=body)
