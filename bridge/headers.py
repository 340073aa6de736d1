"""The headers of our own on records; others are passed along from input to output."""

from typing import Any

Headers = list[tuple[str, bytes | None]]

SENT_AT = "chat.sent_at"
"""The input record's own time, decimal milliseconds since 1970: the topics after it keep the time of the append."""


def headers_of(message: Any) -> Headers:
    """A copy of a consumed message's headers."""
    return list(message.headers() or ())


def with_sent_at(headers: Headers, sent_at: int) -> Headers:
    """The headers with our time last, so that it wins over one that a sender made up."""
    return [*headers, (SENT_AT, b"%d" % sent_at)]


def sent_at_of(headers: Headers) -> int:
    """The input record's time. Raises `ValueError` where there is none: the record is not ours."""
    for name, value in reversed(headers):
        if name == SENT_AT and value is not None:
            return int(value)
    raise ValueError(f"no header {SENT_AT}")
