"""Spans, as the SDK exports them, and nothing at all if nobody traces."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from chat_tasks.tracing import database, messaging
from chat_tasks.tracing.sdk import find_exporter
from chat_tasks.tracing.setup import NotExported, end_tracing, start_tracing, wanted_exporters
from chat_tasks.tracing.spans import NOT_RECORDED, current_span, ending, inside, set_tracer, tracer
from chat_tasks.tracing.trace_context import TraceContext
from tests.exported_spans import ExportedSpans, exported_spans

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SENDER = [("traceparent", f"00-{TRACE}-{SPAN}-01".encode()), ("tracestate", b"vendor=1")]
OTHER = [("traceparent", f"00-{'f' * 32}-{SPAN}-01".encode())]
PROCESS = messaging.process(messaging.KAFKA, "instant_message_in", 3, {messaging.GROUP: "chat_ingest"})


@pytest.fixture
def exported() -> Iterator[ExportedSpans]:
    """What this process exports."""
    with exported_spans() as spans:
        yield spans


def test_a_span_is_below_one_sender_and_linked_with_all(exported: ExportedSpans) -> None:
    parent = tracer().below_senders([OTHER, [], SENDER])
    assert parent is not None
    parent.begin(PROCESS, since=5).end()
    [span] = exported.all()
    assert (span.name, span.kind, span.start_time) == ("process instant_message_in", SpanKind.CONSUMER, 5)
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SPAN)
    assert span.parent.trace_state == {"vendor": "1"}
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [TRACE, "f" * 32]
    assert span.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "instant_message_in",
        "messaging.consumer.group.name": "chat_ingest",
        "messaging.batch.message_count": 3,
    }
    assert span.resource.attributes["service.name"] == "chat-tasks-ingest"
    assert span.resource.attributes["service.instance.id"] == "ingest.1"


def test_what_a_sender_wrote_in_place_of_a_trace_state_is_in_no_log(
    exported: ExportedSpans, caplog: pytest.LogCaptureFixture
) -> None:
    parent = tracer().below_senders([[SENDER[0], ("tracestate", b"my dear Bob")]])
    assert parent is not None
    parent.begin(PROCESS).end()
    [span] = exported.all()
    assert span.parent is not None
    assert not span.parent.trace_state
    assert caplog.text == ""


def test_a_span_goes_on_in_another_process_and_is_named_by_log_lines(exported: ExportedSpans) -> None:
    parent = tracer().below_senders([SENDER])
    assert parent is not None
    sent = parent.begin(messaging.send(messaging.CELERY, "chat.00", 1))
    context = sent.context
    assert context is not None
    assert context.tracestate == "vendor=1"
    with inside(tracer().below(context).begin(PROCESS)) as span:
        assert current_span() is span
        assert span.log_fields["trace_id"] == TRACE
        with inside(current_span().begin(database.redis("EVAL"))):
            pass
    assert current_span() is NOT_RECORDED
    sent.end()
    evaluated, processed, published = exported.all()
    assert [one.context.trace_id for one in (evaluated, processed, published)] == [int(TRACE, 16)] * 3
    assert evaluated.parent is not None
    assert processed.parent is not None
    assert evaluated.parent.span_id == processed.context.span_id
    assert processed.parent.span_id == published.context.span_id
    assert span.log_fields["span_id"] == f"{processed.context.span_id:016x}"


def test_a_failure_is_named_by_its_class_and_never_quoted(exported: ExportedSpans) -> None:
    parent = tracer().below_senders([SENDER])
    assert parent is not None
    with pytest.raises(ConnectionError), ending([parent.begin(database.batch("messages", 2))]):
        raise ConnectionError("a user's text")
    [span] = exported.all()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ConnectionError"
    assert "a user's text" not in span.to_json()


def test_nothing_is_recorded_if_nobody_traces_or_no_sender_is_sampled(exported: ExportedSpans) -> None:
    assert tracer().below_senders([[], [("traceparent", f"00-{TRACE}-{SPAN}-00".encode())]]) is None
    assert tracer().below(None).begin(PROCESS) is NOT_RECORDED
    assert exported.all() == []
    set_tracer(None)
    assert tracer().below_senders([SENDER]) is None
    span = tracer().below(TraceContext(f"00-{TRACE}-{SPAN}-01")).begin(PROCESS)
    assert span is NOT_RECORDED
    assert (span.context, span.log_fields) == (None, {})


def test_which_exporters_the_standard_variables_ask_for() -> None:
    assert wanted_exporters({}) == []
    assert wanted_exporters({"OTEL_SERVICE_NAME": "chat", "OTEL_TRACES_SAMPLER": "always_on"}) == []
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    assert wanted_exporters(endpoint) == ["otlp_proto_http"]
    assert wanted_exporters({**endpoint, "OTEL_TRACES_EXPORTER": "none"}) == []
    assert wanted_exporters({**endpoint, "OTEL_SDK_DISABLED": "True"}) == []
    assert wanted_exporters({"OTEL_TRACES_EXPORTER": "otlp, console"}) == ["otlp_proto_http", "console"]
    assert wanted_exporters({**endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}) == ["otlp_proto_grpc"]
    assert callable(find_exporter("otlp_proto_http"))


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_TRACES_EXPORTER": "carrier-pigeon"},
        {
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER": "carrier-pigeon",
        },
    ],
    ids=["an exporter", "a credential provider"],
)
def test_what_is_not_there_for_exports_is_said_and_the_process_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    start_tracing("ingest", "ingest.1")
    assert not tracer().is_on
    [record] = caplog.records
    assert record.__dict__["event"] == "tracing_not_started"
    assert "carrier-pigeon" in record.getMessage()


def test_a_password_for_the_collector_is_in_no_log_even_if_it_is_not_well_formed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "Authorization: Bearer secret")
    start_tracing("ingest", "ingest.1")
    try:
        assert tracer().is_on
    finally:
        end_tracing()
    assert "secret" not in caplog.text


def test_failed_exports_are_one_line_a_minute_without_a_traceback() -> None:
    quiet = NotExported()
    error = ConnectionError("a user's text")
    records = [
        logging.LogRecord("sdk", logging.ERROR, "", 1, "export of %s failed.", ("x",), (type(error), error, None))
        for _ in range(2)
    ]
    assert [quiet.filter(record) for record in records] == [True, False]
    assert records[0].getMessage() == "spans: export of x failed. ConnectionError"
    assert (records[0].exc_info, records[0].__dict__["event"]) == (None, "spans_not_exported")


PROGRAM = """
import sys
import bridge.ingest.process
import bridge.dispatch.process
import chat_tasks.worker.tasks
import chat_tasks.worker.traces
from chat_tasks.tracing.setup import tracing

with tracing("ingest", "ingest.1"):
    print("opentelemetry.sdk.trace" in sys.modules)
"""


@pytest.mark.parametrize("exporter", ["none", "console"])
def test_the_sdk_is_imported_only_if_there_is_an_exporter(exporter: str) -> None:
    # Redis's client imports the SDK's other half, that for metrics, wherever it is installed.
    environment = {**os.environ, "OTEL_TRACES_EXPORTER": exporter}
    shown = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True, text=True)
    assert shown.stdout == f"{exporter == 'console'}\n"
