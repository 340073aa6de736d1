"""A log record as one JSON object, with the fields that the documentation promises."""

import logging
import os
import re

import orjson
import pytest

from chat_tasks.log.json_lines import json_formatter
from chat_tasks.log.printable_record import PrintableRecord
from chat_tasks.tracing import database
from chat_tasks.tracing.spans import inside, tracer
from chat_tasks.version import VERSION
from tests.exported_spans import exported_spans

FORMATTER = json_formatter("dispatch", "dispatch.1")


def line_of(message: str, *arguments: object, error: BaseException | None = None, **extra: object) -> dict[str, object]:
    """What a record becomes."""
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    record = PrintableRecord("bridge.loop", logging.WARNING, __file__, 1, message, arguments, exc_info)
    record.__dict__.update(extra)
    text = FORMATTER.format(record)
    assert "\n" not in text
    found: dict[str, object] = orjson.loads(text)
    return found


def test_every_line_has_these_fields_in_this_order() -> None:
    line = line_of("task %s was not answered in time", "append-1", event="task_lost", task_id="append-1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", str(line.pop("timestamp")))
    assert list(line.items()) == [
        ("level", "warning"),
        ("event", "task_lost"),
        ("message", "task append-1 was not answered in time"),
        ("logger", "bridge.loop"),
        ("process", "dispatch"),
        ("instance", "dispatch.1"),
        ("pid", os.getpid()),
        ("version", VERSION),
        ("task_id", "append-1"),
    ]


def test_a_line_names_the_span_in_which_it_is_written() -> None:
    sender = [("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    with exported_spans() as spans:
        parent = tracer().below_senders([sender])
        assert parent is not None
        with inside(parent.begin(database.redis("EVAL"))):
            line = line_of("a task was not started", event="task_not_started")
        [span] = spans.all()
    assert line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert line["span_id"] == f"{span.context.span_id:016x}"
    assert "trace_id" not in line_of("outside", event="task_lost")


def test_what_a_library_logs_is_named_so_and_its_own_fields_stay_out() -> None:
    line = line_of("hello", data={"args": "a text"})
    assert line["event"] == "library"
    assert "data" not in line


def test_a_traceback_is_a_field() -> None:
    def fail() -> None:
        raise ValueError("why\nand how")

    with pytest.raises(ValueError, match="why") as caught:
        fail()
    line = line_of("starting again after a bug", error=caught.value, event="loop_crashed")
    assert line["message"] == "starting again after a bug"
    assert str(line["exception"]).startswith("Traceback (most recent call last):\n")
    assert str(line["exception"]).endswith("ValueError: why\nand how")


@pytest.mark.parametrize("text", ["\x1b[2J", 'a "quote"', "\ud800", "new\nline\u2028"])
def test_whatever_is_in_it_it_is_one_object(text: str) -> None:
    assert line_of("%s", text, reason=text)["message"]
