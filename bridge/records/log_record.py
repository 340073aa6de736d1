"""A record of the log inside dispatch."""

import msgspec

from bridge.kafka.headers import Headers


class LogRecord(msgspec.Struct, frozen=True, gc=False):
    """A delivered record of the log; `headers` are its sender's, `replay` means it was published before."""

    partition: int
    offset: int
    sent_at: bytes
    """Decimal milliseconds since 1970."""
    value: bytes
    """The message's canonical JSON."""
    headers: Headers
    replay: bool
    is_letter: bool = False
    """It comes from its dead letter, since its conversation is being released: its offset was finished before."""
