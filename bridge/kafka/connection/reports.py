"""What Kafka's clients report besides the answers to calls: why they cannot reach a broker.

A call that fails only says that it took too long, or that a broker is away. The client reports the cause elsewhere: a
name that cannot be resolved, a refused connection, a wrong password. Nor does any error say who this process is to
Kafka, so that is kept here too.
"""

import re
import time
from typing import Any

from confluent_kafka import KafkaError

_RECENT_SECONDS = 30.0
# The end of the text has a time and a count that differ from report to report.
_VARYING = re.compile(r" \(after \d+ms in state .*")

# These say all: the call that took too long because of them adds nothing.
_CAUSES = {
    KafkaError._AUTHENTICATION: "Kafka denies {principal}: {report}",  # noqa: SLF001 - its names for them
    KafkaError._SSL: "Kafka: no connection with TLS: {report}",  # noqa: SLF001
    KafkaError._RESOLVE: "Kafka: unknown host: {report}",  # noqa: SLF001
}

_last: tuple[float, int, str] = (float("-inf"), 0, "")
_identity = ("this process", "")


def take_report(error: KafkaError) -> None:
    """Keep what a client reports; its `error_cb`, called in the thread that polls the client."""
    global _last  # noqa: PLW0603 - one line for the whole process, which any client may tell and any error may quote
    # That all brokers are away follows from a report about one of them.
    if error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - its name for it
        _last = time.monotonic(), error.code(), _VARYING.sub("", error.str())


def with_cause(text: str, *clients: Any) -> str:
    """One line about a call that took too long: the text with the last recent report of any client of this process.

    A report that says why no broker can be spoken to at all takes the text's place. `clients` are those that nobody
    polls: they report only when they are polled.
    """
    for client in clients:
        client.poll(0)
    at, code, report = _last
    if time.monotonic() - at >= _RECENT_SECONDS:
        return text
    if code in _CAUSES:
        return _CAUSES[code].format(principal=_identity[0], report=report)
    return f"{text} ({report})"


def take_identity(principal: str, servers: str) -> None:
    """Keep who this process is to Kafka, and at which servers it begins."""
    global _identity  # noqa: PLW0603 - a process is one principal, for all of its clients
    _identity = principal, servers


def identity() -> tuple[str, str]:
    """The principal and the servers that were kept last."""
    return _identity
