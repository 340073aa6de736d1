"""A collector of OpenTelemetry: it takes spans by OTLP over HTTP, as those do to which operators export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status


class CollectedSpan(NamedTuple):
    """A span as a process exported it; times are in nanoseconds since 1970."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, Any]
    links: list[tuple[str, str]]
    trace_state: str
    is_error: bool
    start: int
    end: int


class Collector:
    """What processes have exported; `requests` are the bodies as they came."""

    def __init__(self) -> None:
        self.spans: list[CollectedSpan] = []
        self.requests: list[bytes] = []
        self.endpoint = ""

    def named(self, *names: str) -> list[CollectedSpan]:
        """The spans of these names."""
        return [span for span in self.spans if span.name in names]

    def children(self, parent: str) -> list[CollectedSpan]:
        """The spans directly below that one, by their start."""
        return sorted((span for span in self.spans if span.parent_id == parent), key=lambda span: span.start)

    def tree(self, parent: str, began: int | None = None, indent: str = "") -> Iterator[str]:
        """The lines of a tree: each span with its milliseconds since the first one began, and how many it took."""
        children = self.children(parent)
        for number, span in enumerate(children):
            began = span.start if began is None else began
            is_last = number == len(children) - 1
            name = f"{indent}{'└─ ' if is_last else '├─ '}{span.name}"
            times = f"{(span.start - began) / 1e6:8.1f} {(span.end - span.start) / 1e6:7.1f}"
            yield f"{name:44} {span.service.removeprefix('chat-tasks-'):9} {span.kind:9}{times}"
            yield from self.tree(span.span_id, began, indent + ("   " if is_last else "│  "))

    def take(self, body: bytes) -> None:
        """Take one request of an exporter."""
        self.requests.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _values(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                self.spans.extend(_collected(service, span) for span in scope.spans)


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a port of its own."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.take(body)
            self.send_response(200 if self.path == "/v1/traces" else 404)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collector.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield collector
        server.shutdown()
        thread.join()


def _collected(service: str, span: SpanMessage) -> CollectedSpan:
    return CollectedSpan(
        service,
        span.name,
        SpanMessage.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        _values(span.attributes),
        [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        span.trace_state,
        span.status.code == Status.STATUS_CODE_ERROR,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}
