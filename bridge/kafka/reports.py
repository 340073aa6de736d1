"""What Kafka's clients report besides the answers to calls: why they cannot reach a broker.

A call that fails only says that it took too long, or that a broker is away. The client reports the cause elsewhere: a
name that cannot be resolved, a refused connection, a listener that speaks TLS.
"""

import re
import time
from typing import Any

from confluent_kafka import KafkaError

_RECENT_SECONDS = 30.0
# The end of the text has a time and a count that differ from report to report.
_VARYING = re.compile(r" \(after \d+ms in state .*")

_last: tuple[float, str] = (float("-inf"), "")


def take_report(error: KafkaError) -> None:
    """Keep what a client reports; its `error_cb`, called in the thread that polls the client."""
    global _last  # noqa: PLW0603 - one line for the whole process, which any client may tell and any error may quote
    # That all brokers are away follows from a report about one of them.
    if error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - its name for it
        _last = time.monotonic(), _VARYING.sub("", error.str())


def last_report(*clients: Any) -> str:
    """The last recent report of any client of this process, ready to be added to a text; empty if there is none.

    `clients` are those that nobody polls: they report only when they are polled.
    """
    for client in clients:
        client.poll(0)
    at, text = _last
    return f" ({text})" if time.monotonic() - at < _RECENT_SECONDS else ""
