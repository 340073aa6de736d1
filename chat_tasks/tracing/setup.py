"""Decides by OpenTelemetry's standard variables whether a process traces, and begins and ends it."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from chat_tasks.environment import variables
from chat_tasks.log_rate.news import News
from chat_tasks.tracing.spans import set_tracer, tracer

logger = logging.getLogger(__name__)

_PREFIX = "OTEL_"
_OTLP = "otlp"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
# What fails again and again while a collector is away is said here.
_FAILURES = ("opentelemetry.exporter.otlp.proto.http.trace_exporter", "opentelemetry.sdk._shared_internal")


class NotExported(logging.Filter):
    """Makes what the SDK says of failed exports one line a minute, without a traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._news = News()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is news."""
        reason = logging.LogRecord.getMessage(record)
        if record.exc_info and (error := record.exc_info[1]) is not None:
            reason = f"{reason} {type(error).__name__}"
        record.msg, record.args, record.exc_info, record.exc_text = f"spans: {reason}", None, None, None
        record.event = "spans_not_exported"
        return self._news.is_news("failed export")


def wanted_exporters(values: Mapping[str, str]) -> Sequence[str]:
    """The names of the exporters that the variables ask for, as packages name them; none if nobody asks for traces.

    By the standard, a process without any of these variables would export to a collector on its own machine. Here it
    traces nothing.
    """
    if values.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    default = _OTLP if _first(values, _ENDPOINTS) else ""
    chosen = values.get("OTEL_TRACES_EXPORTER", "").strip() or default
    names = [name for one in chosen.split(",") if (name := one.strip()) not in ("", "none")]
    protocol = "grpc" if _first(values, _PROTOCOLS) == "grpc" else "http"
    return [f"otlp_proto_{protocol}" if name == _OTLP else name for name in names]


def start_tracing(process: str, instance: str) -> None:
    """Trace from now on, if the variables ask for it. If that cannot be, a line says so, and the process goes on."""
    values = {name: value for name, value in variables().items() if name.startswith(_PREFIX)}
    names = wanted_exporters(values)
    if not names:
        return
    # The SDK reads the environment only, and `.env` means the same to every process.
    os.environ.update(values)
    try:
        # It takes half a second to import.
        from chat_tasks.tracing.sdk import SdkTracer, find_exporter  # noqa: PLC0415

        set_tracer(SdkTracer([find_exporter(name) for name in names], f"chat-tasks-{process}", instance))
    except (ImportError, LookupError, RuntimeError, ValueError) as error:
        logger.warning(
            "no traces: %s. Are the packages of chat-tasks[tracing] installed?",
            error,
            extra={"event": "tracing_not_started", "reason": str(error)},
        )
        return
    for name in _FAILURES:
        logging.getLogger(name).addFilter(NotExported())


def end_tracing() -> None:
    """Export what has ended, and trace no more; blocks for two seconds at most."""
    tracer().close()
    set_tracer(None)


@contextmanager
def tracing(process: str, instance: str) -> Iterator[None]:
    """Trace for as long as the block lasts, if the variables ask for it."""
    start_tracing(process, instance)
    try:
        yield
    finally:
        end_tracing()


def _first(values: Mapping[str, str], names: Sequence[str]) -> str:
    return next((value for name in names if (value := values.get(name, "").strip())), "")
