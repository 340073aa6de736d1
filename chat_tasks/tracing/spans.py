"""What the rest of the code knows of spans: the interface, which does nothing while the process traces nothing."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, auto
from typing import NamedTuple

from chat_tasks.tracing.trace_context import Headers, TraceContext


class Kind(Enum):
    """On which side of an operation the process is."""

    CONSUMER = auto()
    PRODUCER = auto()
    CLIENT = auto()


class Operation(NamedTuple):
    """What a span is of, by OpenTelemetry's semantic conventions."""

    name: str
    kind: Kind
    attributes: Mapping[str, str | int]


class Parent:
    """Something that spans can be begun below: here, nothing that anybody records."""

    def begin(self, operation: Operation, since: int | None = None) -> "Span":  # noqa: ARG002
        """A span below this one; it began at `since`, in nanoseconds since 1970, or begins now."""
        return NOT_RECORDED


class Span(Parent):
    """An operation of this process: here, one that nobody records, since its trace is not sampled.

    Whoever begins a span ends it, once, in any thread. No method raises.
    """

    @property
    def context(self) -> TraceContext | None:
        """What another process has to know to begin spans below this one; None if there is nothing to know."""
        return None

    @property
    def log_fields(self) -> Mapping[str, str]:
        """The ids by which lines of the log name this span."""
        return {}

    def fail(self, error: BaseException) -> None:
        """Take note of the error by its class: its text may quote what nobody may read."""

    def end(self) -> None:
        """The operation has ended now."""


class Tracer:
    """Where the spans of a process begin: here, of a process that traces nothing."""

    is_on = False

    def below_senders(self, records: Iterable[Headers]) -> Parent | None:  # noqa: ARG002
        """The parent of what is done for these records, given their headers; None if no sender's trace is sampled."""
        return None

    def below(self, context: TraceContext | None) -> Parent:  # noqa: ARG002
        """The parent of what is done for a span of another process."""
        return NOT_RECORDED

    def close(self) -> None:
        """Export what has ended; blocks for some seconds at most."""


NOT_RECORDED = Span()
_NO_TRACER = Tracer()
_process: list[Tracer] = [_NO_TRACER]
_current: ContextVar[Span] = ContextVar("current span", default=NOT_RECORDED)


def tracer() -> Tracer:
    """The tracer of this process."""
    return _process[-1]


def set_tracer(chosen: Tracer | None) -> None:
    """Make this the tracer of this process; None for one that traces nothing."""
    _process[:] = [chosen or _NO_TRACER]


def current_span() -> Span:
    """The span that this thread works in."""
    return _current.get()


@contextmanager
def inside(span: Span) -> Iterator[Span]:
    """Make this the thread's current span for as long as the block lasts, and end it; an exception fails it."""
    token = _current.set(span)
    try:
        with ending([span]):
            yield span
    finally:
        _current.reset(token)


@contextmanager
def ending(spans: Iterable[Span]) -> Iterator[None]:
    """End these spans after the block; an exception fails them."""
    try:
        yield
    except BaseException as error:
        for span in spans:
            span.fail(error)
        raise
    finally:
        for span in spans:
            span.end()
