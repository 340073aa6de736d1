"""A record of `conversation_log`: its form in Kafka, and its form inside dispatch.

In Kafka the value is `SENT_AT,MESSAGE`. `SENT_AT` is the input record's own time, in decimal milliseconds since 1970;
Kafka itself keeps the time of the append. As a header of its own the time would make producing the record three times
as expensive (docs/decisions/0018-sent-time-before-the-message.md). `MESSAGE` is the message's canonical JSON.
"""

import msgspec

from bridge.kafka.headers import Headers
from chat_tasks.conversation.records import Integer64
from chat_tasks.formats.topics import PlainMessage


class LogRecord(msgspec.Struct, frozen=True, gc=False):
    """A delivered record of the log.

    `sent_at` is in decimal milliseconds since 1970, `value` the message's canonical JSON, `headers` are its sender's. A
    record with `replay` was published before. A record with `is_letter` was read from `dead_letter`, because its
    conversation is being released; its offset was finished before.
    """

    partition: int
    offset: int
    sent_at: bytes
    value: bytes
    headers: Headers
    replay: bool
    is_letter: bool = False


def encode_logged_value(sent_at: int, message: bytes) -> bytes:
    """The value of a record of the log, as ingest writes it."""
    return b"%d,%b" % (sent_at, message)


_logged_values = msgspec.json.Decoder(tuple[Integer64, PlainMessage])


def decode_logged_value(key: bytes, value: bytes) -> tuple[str, bytes, bytes]:
    """The conversation's key, the decimal time and the message of a value.

    Raises `ValueError` if ingest did not write the value for this key. A task carries these bytes as they are, so a
    value that is no message would keep all conversations of its task from being written.
    """
    sent_at, _, message = value.partition(b",")
    try:
        _, decoded = _logged_values.decode(b"[%b]" % value)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ValueError("its value is not a time and a message") from None
    # `with_sequence` puts the number before these bytes.
    if not sent_at.isdigit() or b',"body":' not in message:
        raise ValueError("its value is not spelled as ingest spells it")
    conversation_key = decoded.conversationKey
    if conversation_key.encode() != key:
        raise ValueError("its key is not that of its message")
    return conversation_key, sent_at, message
