"""The spans that this process makes, in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chat_tasks.tracing.sdk import SdkTracer
from chat_tasks.tracing.spans import set_tracer, tracer


class ExportedSpans:
    """What the tracer of this process has exported."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()

    def all(self) -> list[ReadableSpan]:
        """Every span, in the order in which they ended. No later one is exported."""
        tracer().close()
        return list(self.exporter.get_finished_spans())


@contextmanager
def exported_spans() -> Iterator[ExportedSpans]:
    """Have this process trace."""
    spans = ExportedSpans()
    set_tracer(SdkTracer([lambda: spans.exporter], "chat-tasks-ingest", "ingest.1"))
    try:
        yield spans
    finally:
        set_tracer(None)
