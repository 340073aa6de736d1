"""Sends a message as any sender would, and waits for its number."""

import time
import uuid
from typing import NamedTuple

from bridge.kafka.headers import Headers
from bridge.kafka.send import send_record
from bridge.records.acceptance import accept_message
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings
from console.calls import call
from console.conversation.announcements import TICKET, Announcements

_SECONDS = 20.0


class Accepted(NamedTuple):
    """Where Kafka has the message, and how long that took in seconds."""

    topic: str
    partition: int
    offset: int
    seconds: float


class Numbered(NamedTuple):
    """The message's number, and how long it took from sending to `instant_message_out`, in seconds."""

    sequence: int
    seconds: float


async def send(settings: Settings, message: InstantMessage) -> Accepted:
    """Send a message. Raises `InvalidRecord` with the reason for which ingest would refuse it, and
    `DependencyUnavailable`.
    """
    value = checked(settings, message)
    began = time.monotonic()
    partition, offset = await call(lambda: send_record(settings, settings.message_topic, value), "Kafka")
    return Accepted(settings.message_topic, partition, offset, time.monotonic() - began)


async def send_and_wait(
    settings: Settings, announcements: Announcements, message: InstantMessage
) -> tuple[Accepted, Numbered | None]:
    """Send a message and wait for its number, 20 seconds at most; the number is None if it did not come until then.

    Raises as `send` does.
    """
    value = checked(settings, message)
    ticket = uuid.uuid4().hex
    with announcements.follow(message.conversationKey, ticket) as subscription:
        await announcements.begun(subscription)
        began = time.monotonic()
        headers: Headers = [(TICKET, ticket.encode())]
        partition, offset = await call(
            lambda: send_record(settings, settings.message_topic, value, headers=headers), "Kafka"
        )
        accepted = Accepted(settings.message_topic, partition, offset, time.monotonic() - began)
        while ticket not in subscription.tickets:
            left = began + _SECONDS - time.monotonic()
            if left <= 0 or not await subscription.changed(left):
                return accepted, None
        return accepted, Numbered(subscription.tickets[ticket], time.monotonic() - began)


def checked(settings: Settings, message: InstantMessage) -> bytes:
    """The bytes of a message that ingest will accept. Raises `InvalidRecord`."""
    return accept_message(encode_message(message), [], settings).value
