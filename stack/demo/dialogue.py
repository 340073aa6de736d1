"""Two people in a conversation: what they say goes in one by one, and comes out with numbers."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import orjson

from bridge.kafka.reading.topic_reader import TopicReader
from bridge.kafka.send import send_record
from chat_tasks.formats.topics import InstantMessage, encode_message
from stack.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_tasks.settings import Settings

_PATIENCE_SECONDS = 60.0
_KEY = "ann-and-bob"
_LINES = (
    ("ann", "Did the deploy go through?"),
    ("bob", "Yes. I killed a worker to be sure."),
    ("ann", "And?"),
    ("bob", "Nothing lost, nothing twice, no number missing."),
)


def play_dialogue(settings: Settings, partitions: int, report: Callable[[str], None]) -> None:
    """Send each line to any partition and show it as it comes out. Raises `DemoError` if a number is wrong."""
    with TopicReader(settings, [settings.output_topic]) as reader:
        for number, (sender, body) in enumerate(_LINES):
            recipient = "bob" if sender == "ann" else "ann"
            message = InstantMessage(conversationKey=_KEY, sender=sender, recipients=[recipient], body=body)
            sent = time.monotonic()
            send_record(
                settings, settings.message_topic, encode_message(message), partition=random.randrange(partitions)
            )
            found = orjson.loads(next(iter(reader.follow(_PATIENCE_SECONDS))).value())
            took = (time.monotonic() - sent) * 1000
            if (found["conversationMsgSeq"], found["body"]) != (number, body):
                raise DemoError(f"number {found['conversationMsgSeq']} came where {number} was due")
            report(f"  {number}  {sender}: {body:<52} {took:4.0f} ms")
