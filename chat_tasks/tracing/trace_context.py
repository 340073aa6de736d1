"""For which traces senders work: the W3C Trace Context in the headers of their records.

A record keeps its sender's `traceparent` and `tracestate` on its whole way, byte for byte. A batch holds records of
many traces, and its spans can be part of one only. That is the trace with the lowest id, so that every batch that has
records of it chooses the same: some traces are whole then, in place of all in fragments.
"""

import re
from collections.abc import Iterable, Sequence
from heapq import nsmallest

import msgspec

Headers = Sequence[tuple[str, bytes | None]]

TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"

MOST_SENDERS = 32
"""The most contexts that a batch is linked with."""

# What follows, of versions that are yet to come, says nothing about the trace.
_SAMPLED = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f][13579bdf](?![^-])")
_LENGTH = 55
_LONGEST_STATE = 512


class TraceContext(msgspec.Struct, frozen=True, omit_defaults=True):
    """A span of a sampled trace, as another process has to know it: the two headers of W3C Trace Context."""

    traceparent: str
    tracestate: str = ""


def context_of(headers: Headers) -> TraceContext | None:
    """The context of a sender whose trace is sampled. None if there is no such trace, or a header is not well-formed.

    Of several headers of one name the last one counts, as for OpenTelemetry's other libraries for Kafka.
    """
    parent = state = None
    for name, value in headers:
        if name == TRACEPARENT:
            parent = value
        elif name == TRACESTATE:
            state = value
    if parent is None or not _is_sampled(parent):
        return None
    return TraceContext(parent[:_LENGTH].decode(), _printed(state))


def contexts_of(records: Iterable[Headers]) -> list[TraceContext]:
    """The different contexts in the headers of these records, that of the lowest trace id first; 32 at most."""
    found: dict[str, TraceContext] = {}
    for headers in records:
        if headers and (context := context_of(headers)) is not None:
            found[context.traceparent] = context
    return nsmallest(MOST_SENDERS, found.values(), key=lambda one: one.traceparent[3:])


def _is_sampled(traceparent: bytes) -> bool:
    if _SAMPLED.match(traceparent) is None:
        return False
    return len(traceparent) == _LENGTH or not traceparent.startswith(b"00")


def _printed(state: bytes | None) -> str:
    """What vendors added to the trace; nothing if it is longer than every vendor must pass on, or not ASCII."""
    return state.decode() if state is not None and len(state) <= _LONGEST_STATE and state.isascii() else ""
