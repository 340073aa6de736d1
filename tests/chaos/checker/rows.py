"""Rows and outputs are the same messages under the same numbers."""

from collections.abc import Iterator
from typing import Any

import orjson

from tests.chaos.checker.anomaly import Anomaly, Kind
from tests.chaos.history import History, Output, Row


def row_anomalies(history: History) -> Iterator[Anomaly]:
    """What is wrong between `instant_message_out` and Cassandra."""
    rows = {(row.conversation, row.sequence): row for row in history.rows}
    numbers = set()
    for output in history.outputs:
        number = output.conversation, output.sequence
        numbers.add(number)
        row = rows.get(number)
        if row is None:
            kind: Kind | None = Kind.OUTPUT_WITHOUT_ROW
        elif output.sequence in history.erased.get(output.conversation, ()):
            kind = _difference_of_erased(row, output)
        else:
            kind = _difference(row, output)
        was_deleted = row is None and output.sequence < history.deleted_below.get(output.conversation, 0)
        if kind is not None and not was_deleted:
            yield Anomaly(
                kind,
                output.conversation,
                f"{output.conversation}: number {output.sequence} at {output.partition}/{output.offset}",
            )
    for conversation, sequence in sorted(rows.keys() - numbers):
        yield Anomaly(Kind.ROW_WITHOUT_OUTPUT, conversation, f"{conversation}: number {sequence}")


def contents(output: Output) -> dict[str, Any] | None:
    """The fields of the output's value; None where it is not the message that the output was taken for."""
    try:
        fields = orjson.loads(output.value)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(fields, dict):
        return None
    taken_for = {
        "conversationKey": output.conversation,
        "conversationMsgSeq": output.sequence,
        "body": output.body,
    }
    return fields if taken_for.items() <= fields.items() else None


def _difference_of_erased(row: Row, output: Output) -> Kind | None:
    fields = contents(output)
    if fields is None:
        return Kind.OUTPUT_DIFFERS
    blank = Row(output.conversation, output.sequence, str(fields.get("sender")), (), "")
    return None if row == blank else Kind.ROW_DIFFERS


def _difference(row: Row, output: Output) -> Kind | None:
    # Written out here, in the contract's order, and not taken from what is tested.
    message = {
        "conversationKey": row.conversation,
        "sender": row.sender,
        "recipients": row.recipients,
        "conversationMsgSeq": row.sequence,
        "body": row.body,
    }
    if orjson.dumps(message) == output.value:
        return None
    fields = contents(output)
    if fields is None or fields == {**message, "recipients": list(row.recipients)}:
        return Kind.OUTPUT_DIFFERS
    return Kind.ROW_DIFFERS
