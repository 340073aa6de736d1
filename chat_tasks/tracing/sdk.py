"""Spans by OpenTelemetry's SDK: the only module that imports it, and it is imported only by a process that traces."""

import logging
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import entry_points

from opentelemetry import trace
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

from chat_tasks.tracing.spans import NOT_RECORDED, Kind, Operation, Parent, Span, Tracer
from chat_tasks.tracing.trace_context import Headers, TraceContext, contexts_of
from chat_tasks.version import VERSION

_KINDS = {
    Kind.CONSUMER: trace.SpanKind.CONSUMER,
    Kind.PRODUCER: trace.SpanKind.PRODUCER,
    Kind.CLIENT: trace.SpanKind.CLIENT,
}
# A process that is to end does not wait longer for a collector.
_CLOSE_SECONDS = 2.0

# It quotes what a sender wrote into `tracestate`.
logging.getLogger("opentelemetry.trace.span").setLevel(logging.CRITICAL)
# It quotes headers for the collector that are not well-formed, and so passwords.
logging.getLogger("opentelemetry.util.re").setLevel(logging.CRITICAL)


class _Below(Parent):
    """Begins spans below a context of OpenTelemetry, with these links."""

    def __init__(self, tracer: trace.Tracer, parent: trace.SpanContext, links: Sequence[trace.Link] = ()) -> None:
        self._tracer = tracer
        self._parent = trace.set_span_in_context(trace.NonRecordingSpan(parent))
        self._links = links

    def begin(self, operation: Operation, since: int | None = None) -> Span:
        begun = self._tracer.start_span(
            operation.name,
            self._parent,
            _KINDS[operation.kind],
            operation.attributes,
            self._links,
            since,
            record_exception=False,
            set_status_on_exception=False,
        )
        return _Recorded(self._tracer, begun) if begun.is_recording() else NOT_RECORDED


class _Recorded(Span):
    """A span of OpenTelemetry's SDK."""

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        self._span = span
        self._ids = span.get_span_context()
        self._below = _Below(tracer, self._ids)

    def begin(self, operation: Operation, since: int | None = None) -> Span:
        return self._below.begin(operation, since)

    @property
    def context(self) -> TraceContext:
        ids = self._ids
        state = ids.trace_state.to_header()
        return TraceContext(f"00-{ids.trace_id:032x}-{ids.span_id:016x}-{ids.trace_flags:02x}", state)

    @property
    def log_fields(self) -> Mapping[str, str]:
        return {"trace_id": f"{self._ids.trace_id:032x}", "span_id": f"{self._ids.span_id:016x}"}

    def fail(self, error: BaseException) -> None:
        kind = type(error)
        self._span.set_attribute("error.type", f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins."))
        self._span.set_status(trace.StatusCode.ERROR)

    def end(self) -> None:
        self._span.end()


class SdkTracer(Tracer):
    """The spans of a process, as the standard variables want them exported.

    `start_tracing` makes one for a process, and `end_tracing` closes it. Any thread may use it. A thread of the SDK
    exports what has ended; if it cannot, spans are dropped, and nobody waits for it.
    """

    is_on = True

    def __init__(self, exporters: Iterable[Callable[[], SpanExporter]], service: str, instance: str) -> None:
        """Trace for this service of this instance, unless the variables name others. Each call makes an exporter."""
        ours = {"service.name": service, "service.instance.id": instance, "service.version": VERSION}
        resource = Resource.create(ours).merge(OTELResourceDetector().detect())
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        for exporter in exporters:
            self._provider.add_span_processor(BatchSpanProcessor(exporter()))
        self._tracer = self._provider.get_tracer("chat_tasks", VERSION)

    def below_senders(self, records: Iterable[Headers]) -> Parent | None:
        contexts = [_span_context(one) for one in contexts_of(records)]
        if not contexts:
            return None
        return _Below(self._tracer, contexts[0], [trace.Link(one) for one in contexts])

    def below(self, context: TraceContext | None) -> Parent:
        return NOT_RECORDED if context is None else _Below(self._tracer, _span_context(context))

    def close(self) -> None:
        # The SDK itself waits for half a minute.
        closing = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)


def find_exporter(name: str) -> Callable[[], SpanExporter]:
    """What makes the exporter of this name. Raises `LookupError` if no installed package has it."""
    if name == "console":
        # Celery puts a logger in the place of `sys.stdout`.
        return partial(ConsoleSpanExporter, out=sys.__stdout__ or sys.stdout)
    found = entry_points(group="opentelemetry_traces_exporter", name=name)
    if not found:
        raise LookupError(f"no installed package has an exporter {name}")
    exporter: Callable[[], SpanExporter] = next(iter(found)).load()
    return exporter


def _span_context(context: TraceContext) -> trace.SpanContext:
    _, trace_id, span_id, flags = context.traceparent.split("-")
    return trace.SpanContext(
        int(trace_id, 16),
        int(span_id, 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(flags, 16)),
        trace_state=trace.TraceState.from_header([context.tracestate]),
    )
