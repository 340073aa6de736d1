"""Headers of records: the bridge's own, and the sender's, which go along from input to output."""

import time
from typing import Any

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE

from chat_tasks.errors import InvalidRecord

Headers = list[tuple[str, bytes | None]]

# The input record's own time, in decimal milliseconds since 1970. Kafka keeps only the time at which an output or a
# dead letter was appended.
SENT_AT = "chat.sent_at"


def headers_of(message: Any) -> Headers:
    """A copy of a consumed message's headers. Raises `InvalidRecord` if a name is not UTF-8, which Kafka allows."""
    try:
        return list(message.headers() or ())
    except (SystemError, UnicodeDecodeError):
        raise InvalidRecord("headers: a name is not UTF-8") from None


def size_of_headers(headers: Headers) -> int:
    """An upper estimate of the headers' size in bytes."""
    if not headers:
        return 0
    return sum(len(name) * 4 + len(value or b"") for name, value in headers)


def with_sent_at(headers: Headers, sent_at: bytes) -> Headers:
    """The sender's headers, then our time. A header of that name which the sender made up is dropped."""
    if headers:
        return [*without_sent_at(headers), (SENT_AT, sent_at)]
    return [(SENT_AT, sent_at)]


def without_sent_at(headers: Headers) -> Headers:
    """The sender's own headers."""
    return [header for header in headers if header[0] != SENT_AT]


def sent_at_of(headers: Headers) -> bytes:
    """The input record's time. Raises `ValueError` if the headers have no such time: then the record is not ours."""
    for name, value in reversed(headers):
        if name == SENT_AT and value is not None and value.isdigit():
            return value
    raise ValueError(f"no header {SENT_AT}, or no time in it")


def sent_time(message: Any) -> int:
    """The time that the producer or the input topic gave the message, in milliseconds since 1970; else the time now."""
    kind, milliseconds = message.timestamp()
    if kind == TIMESTAMP_NOT_AVAILABLE or milliseconds < 0:
        return time.time_ns() // 1_000_000
    return int(milliseconds)
