"""A record of the log inside dispatch."""

import msgspec

from bridge.headers import Headers


class LogRecord(msgspec.Struct, frozen=True, gc=False):
    """A delivered record of the log; `headers` are its sender's and ours, `replay` means it was published before."""

    partition: int
    offset: int
    sent_at: int
    value: bytes
    headers: Headers
    replay: bool
    release: int | None = None
    """Where it comes from its dead letter: the request to release its conversation."""
