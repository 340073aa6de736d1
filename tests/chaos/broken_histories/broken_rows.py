"""Rows that differ from outputs, and outputs that differ from the contract."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from tests.chaos.broken_histories.mutilations import Mutilations, outputs_of
from tests.chaos.broken_histories.perfect_pipeline import BUSY, WAVE
from tests.chaos.checker.anomaly import Kind
from tests.chaos.history import History, Row

ROWS = Mutilations()


def _change_row(history: History, **changes: Any) -> None:
    index = next(index for index, row in enumerate(history.rows) if row.conversation == BUSY)
    history.rows[index] = replace(history.rows[index], **changes)


@ROWS.reported_as(Kind.ROW_DIFFERS)
def row_has_another_text(history: History) -> None:
    _change_row(history, body="another")


@ROWS.reported_as(Kind.ROW_DIFFERS)
def row_has_another_sender(history: History) -> None:
    _change_row(history, sender="another")


@ROWS.reported_as(Kind.ROW_DIFFERS)
def row_has_other_recipients(history: History) -> None:
    _change_row(history, recipients=("bob", "another", "bob", "another"))


@ROWS.reported_as(Kind.ROW_WITHOUT_OUTPUT)
def row_above_the_newest(history: History) -> None:
    history.rows.append(Row(BUSY, len(outputs_of(history)), "ann", (), "above"))


@ROWS.reported_as(Kind.OUTPUT_WITHOUT_ROW)
def row_forgotten(history: History) -> None:
    history.rows.pop()


def _change_value(history: History, change: Callable[[bytes], bytes]) -> None:
    index = next(index for index, output in enumerate(history.outputs) if output.body.endswith(WAVE))
    history.outputs[index] = replace(history.outputs[index], value=change(history.outputs[index].value))


@ROWS.reported_as(Kind.OUTPUT_DIFFERS)
def value_is_escaped(history: History) -> None:
    _change_value(history, lambda value: json.dumps(json.loads(value), separators=(",", ":")).encode())


@ROWS.reported_as(Kind.OUTPUT_DIFFERS)
def value_has_spaces(history: History) -> None:
    _change_value(history, lambda value: json.dumps(json.loads(value), ensure_ascii=False).encode())


@ROWS.reported_as(Kind.OUTPUT_DIFFERS)
def value_has_fields_in_another_order(history: History) -> None:
    _change_value(history, lambda value: orjson.dumps(dict(reversed(orjson.loads(value).items()))))


@ROWS.reported_as(Kind.OUTPUT_DIFFERS)
def value_is_cut(history: History) -> None:
    _change_value(history, lambda value: value[:-1])


@ROWS.reported_as(Kind.OUTPUT_DIFFERS)
def value_is_no_object(history: History) -> None:
    _change_value(history, lambda value: b"[%b]" % value)
