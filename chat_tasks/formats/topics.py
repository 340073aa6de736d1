"""The formats of the four topics' values: JSON without spaces, fields in this order, UTF-8 unescaped.

pydantic defines what a message is. msgspec reads and writes the messages that have the four fields and nothing else,
which is nearly all of them, in a quarter of the time. Any other message is read by pydantic, or refused with the
reason.
"""

from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, FailFast, Field, TypeAdapter

from chat_tasks.conversation.records import Chatter

_LARGEST_SEQUENCE = 2**63 - 1


class InstantMessage(BaseModel):
    """A value of `instant_message_in`. Types are strict, all four fields are needed, unknown fields are ignored.

    Only the first wrong recipient is told: a record may hold half a million of them.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    conversationKey: str
    sender: str
    recipients: Annotated[list[str], FailFast()]
    body: str


class PlainMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An `InstantMessage` that msgspec read.

    Unknown fields are forbidden here: msgspec would skip them without checking them, so pydantic reads such a message.
    """

    conversationKey: str
    sender: str
    recipients: list[str]
    body: str


Message = InstantMessage | PlainMessage


class LatestMessagesRequest(BaseModel):
    """A value of `latest_messages_request`; `beforeSeq` pages back: only lower numbers are wanted."""

    model_config = ConfigDict(strict=True, frozen=True)

    conversationKey: str
    numMsgs: int
    beforeSeq: Annotated[int, Field(ge=0, le=_LARGEST_SEQUENCE)] | None = None


class LatestMessagesBlock(BaseModel):
    """A value of `latest_messages_block`: (sender, body, sequence number) for each message, oldest first."""

    model_config = ConfigDict(frozen=True)

    conversationKey: str
    latestChatter: list[Chatter]


_plain_messages = msgspec.json.Decoder(PlainMessage)
_encoder = msgspec.json.Encoder()
_messages = TypeAdapter(InstantMessage)
_requests = TypeAdapter(LatestMessagesRequest)
_blocks = TypeAdapter(LatestMessagesBlock)


def decode_message(value: bytes) -> Message:
    """The message in a value. Raises pydantic's `ValidationError`."""
    try:
        return _plain_messages.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _messages.validate_json(value)


def encode_message(message: Message) -> bytes:
    """The canonical bytes: known fields only, in the contract's order."""
    return _encoder.encode(message) if isinstance(message, PlainMessage) else _messages.dump_json(message)


def decode_request(value: bytes) -> LatestMessagesRequest:
    """The request in a value. Raises pydantic's `ValidationError`."""
    return _requests.validate_json(value)


def encode_block(conversation_key: str, latest_chatter: list[Chatter]) -> bytes:
    """The bytes of a `latest_messages_block` value."""
    return _blocks.dump_json(
        LatestMessagesBlock.model_construct(conversationKey=conversation_key, latestChatter=latest_chatter)
    )


def with_sequence(message: bytes, sequence: int) -> bytes:
    """The `instant_message_out` value of a canonical message: spliced, and not decoded and encoded again.

    The number goes before the first `,"body":`. Inside a JSON string a quote is always escaped, so these bytes can only
    stand between two members. In the canonical order `body` is the only member of that name.
    """
    head, _, body = message.partition(b',"body":')
    return b'%b,"conversationMsgSeq":%d,"body":%b' % (head, sequence, body)
