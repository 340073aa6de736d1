"""A message as it is in `instant_message_out`."""

from typing import Any, NamedTuple

import msgspec

from chat_tasks.errors import InvalidRecord


class PublishedMessage(NamedTuple):
    """A message of `instant_message_out`."""

    conversation_key: str
    sequence: int
    sender: str
    recipients: list[str]
    body: str


class _Value(msgspec.Struct):
    conversationKey: str  # noqa: N815 - the contract's names
    conversationMsgSeq: int  # noqa: N815
    sender: str
    recipients: list[str]
    body: str


_values = msgspec.json.Decoder(_Value)


def read_published(message: Any) -> PublishedMessage:
    """The message in a record of the topic. Raises `InvalidRecord`, which names the record, if there is none in it."""
    try:
        found = _values.decode(message.value() or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise not_published(message, str(error)) from error
    return PublishedMessage(found.conversationKey, found.conversationMsgSeq, found.sender, found.recipients, found.body)


def not_published(message: Any, reason: str) -> InvalidRecord:
    """The error to raise of a record that the pipeline cannot have written."""
    where = f"{message.topic()}[{message.partition()}] {message.offset()}"
    return InvalidRecord(f"{where} is no message of this pipeline: {reason}")
