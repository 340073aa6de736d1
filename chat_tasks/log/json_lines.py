"""A log record as one JSON object a line, by structlog."""

from datetime import UTC, datetime
from typing import Any

from structlog.processors import JSONRenderer, StackInfoRenderer, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.typing import EventDict

from chat_tasks.tracing.spans import current_span
from chat_tasks.version import VERSION

FIELDS = (
    *("topic", "partition", "offset", "queue", "task_id", "epoch", "conversation", "dependency"),
    *("reason", "count", "duration_s", "trace_id", "span_id"),
)
"""What a line may have beside the fields that every line has."""

# Of what other libraries log.
_NO_EVENT = "library"


def json_formatter(process: str, instance: str) -> ProcessorFormatter:
    """A formatter for the lines of this process."""

    def common_fields(_: Any, __: str, event: EventDict) -> EventDict:
        record = event.pop("_record")
        del event["_from_structlog"]
        fields = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", _NO_EVENT),
            "message": event.pop("event"),
            "logger": record.name,
            "process": process,
            "instance": instance,
            "pid": record.process,
            "version": VERSION,
            **current_span().log_fields,
            **event,
        }
        # No JSON may hold half of a surrogate pair, which Python's own texts may.
        return {
            name: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
            for name, value in fields.items()
        }

    return ProcessorFormatter(
        foreign_pre_chain=[ExtraAdder(allow=FIELDS), StackInfoRenderer(), format_exc_info],
        processors=[common_fields, JSONRenderer()],
        use_get_message=True,
    )
