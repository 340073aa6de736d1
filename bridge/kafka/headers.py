"""The headers of our own on records; others are passed along from input to output."""

import time
from typing import Any

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE

from chat_tasks.errors import InvalidRecord

Headers = list[tuple[str, bytes | None]]

# The input record's own time, decimal milliseconds since 1970: output and dead letters keep that of their append.
SENT_AT = "chat.sent_at"


def headers_of(message: Any) -> Headers:
    """A copy of a consumed message's headers. Raises `InvalidRecord` where a name is not UTF-8, which Kafka allows."""
    try:
        return list(message.headers() or ())
    except (SystemError, UnicodeDecodeError):
        raise InvalidRecord("headers: a name is not UTF-8") from None


def size_of_headers(headers: Headers) -> int:
    """Bytes, roughly."""
    if not headers:
        return 0
    return sum(len(name) * 4 + len(value or b"") for name, value in headers)


def with_sent_at(headers: Headers, sent_at: bytes) -> Headers:
    """The headers with our time last and alone, whatever a sender made up."""
    if headers:
        return [*without_sent_at(headers), (SENT_AT, sent_at)]
    return [(SENT_AT, sent_at)]


def without_sent_at(headers: Headers) -> Headers:
    """The sender's own."""
    return [header for header in headers if header[0] != SENT_AT]


def sent_at_of(headers: Headers) -> bytes:
    """The input record's time. Raises `ValueError` where there is none: the record is not ours."""
    for name, value in reversed(headers):
        if name == SENT_AT and value is not None and value.isdigit():
            return value
    raise ValueError(f"no header {SENT_AT}, or no time in it")


def sent_time(message: Any) -> int:
    """Milliseconds since 1970, as its producer (or else the input topic) said; now, where neither did."""
    kind, milliseconds = message.timestamp()
    if kind == TIMESTAMP_NOT_AVAILABLE or milliseconds < 0:
        return time.time_ns() // 1_000_000
    return int(milliseconds)
