"""A record's own time."""

import time
from typing import Any

from confluent_kafka import TIMESTAMP_NOT_AVAILABLE


def sent_time(message: Any) -> int:
    """Milliseconds since 1970, as its producer (or else the input topic) said; now, where neither did."""
    kind, milliseconds = message.timestamp()
    if kind == TIMESTAMP_NOT_AVAILABLE or milliseconds < 0:
        return time.time_ns() // 1_000_000
    return int(milliseconds)
