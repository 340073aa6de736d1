"""The value of a record of `conversation_log`: `SENT_AT,MESSAGE`.

`SENT_AT` is the input record's own time, in decimal milliseconds since 1970: the log keeps the time of the append. In a
header of its own it would make producing the record three times as expensive (docs/performance.md). `MESSAGE` is the
message's canonical JSON.
"""


def encode_logged_value(sent_at: int, message: bytes) -> bytes:
    """For ingest."""
    return b"%d,%b" % (sent_at, message)


def decode_logged_value(value: bytes) -> tuple[bytes, bytes]:
    """The decimal time and the message. Raises `ValueError` where ingest did not write it."""
    sent_at, comma, message = value.partition(b",")
    if not comma or not sent_at.isdigit():
        raise ValueError("its value does not begin with a time")
    return sent_at, message
