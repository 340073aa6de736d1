"""A record of `conversation_log`: its form in Kafka, and its form inside dispatch.

In Kafka the value is `SENT_AT,MESSAGE`. `SENT_AT` is the input record's own time, in decimal milliseconds since 1970;
Kafka itself keeps the time of the append. As a header of its own the time would make producing the record three times
as expensive (docs/decisions/0018-sent-time-before-the-message.md). `MESSAGE` is the message's canonical JSON.
"""

import msgspec

from bridge.kafka.headers import Headers


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


def decode_logged_value(value: bytes) -> tuple[bytes, bytes]:
    """The decimal time and the message of a value. Raises `ValueError` if ingest did not write the value."""
    sent_at, comma, message = value.partition(b",")
    if not comma or not sent_at.isdigit():
        raise ValueError("its value does not begin with a time")
    return sent_at, message
