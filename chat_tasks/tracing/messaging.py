"""Operations on queues and topics, by OpenTelemetry's semantic conventions for messaging.

No attribute has a text, a sender, a recipient or a conversation's key.
"""

from collections.abc import Mapping

from chat_tasks.tracing.spans import Kind, Operation

KAFKA = "kafka"
# The conventions know no such system, and leave the names of others to us.
CELERY = "celery"

GROUP = "messaging.consumer.group.name"
MESSAGE_ID = "messaging.message.id"

_NOTHING: Mapping[str, str] = {}


def process(system: str, source: str, messages: int, more: Mapping[str, str] = _NOTHING) -> Operation:
    """To work on what a queue or topic has delivered; `messages` are those of the batch, sampled or not."""
    named = {"messaging.destination.name": source, **more}
    return Operation(f"process {source}", Kind.CONSUMER, _attributes(system, "process", "process", messages, named))


def send(system: str, destination: str, messages: int, more: Mapping[str, str] = _NOTHING) -> Operation:
    """To put messages into a queue or topic."""
    named = {"messaging.destination.name": destination, **more}
    return Operation(f"send {destination}", Kind.PRODUCER, _attributes(system, "send", "send", messages, named))


def commit(system: str, messages: int, more: Mapping[str, str] = _NOTHING) -> Operation:
    """To make outputs visible, and to settle the messages that they come from."""
    return Operation("commit", Kind.CLIENT, _attributes(system, "commit", "settle", messages, more))


def _attributes(system: str, name: str, purpose: str, messages: int, more: Mapping[str, str]) -> dict[str, str | int]:
    return {
        "messaging.system": system,
        "messaging.operation.name": name,
        "messaging.operation.type": purpose,
        "messaging.batch.message_count": messages,
        **more,
    }
