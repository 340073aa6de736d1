"""A row of Cassandra beside the record of the log that contradicts it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from markupsafe import Markup

from bridge.records.quarantine_letters import Letter
from chat_tasks.conversation.pages import StoredMessage
from chat_tasks.formats.topics import PlainMessage
from console.honest_text import honest

_messages = msgspec.json.Decoder(PlainMessage)


class Difference(NamedTuple):
    """One field of both; None if there is no row, no record, or nothing in the field."""

    field: str
    row: str | None
    record: str | None

    @property
    def differs(self) -> bool:
        """Whether they contradict each other in this field."""
        return self.row != self.record


def differences(row: StoredMessage | None, letter: Letter | None) -> list[Difference]:
    """All fields of a row and of a letter's record, side by side."""
    of_row = {} if row is None else dict(_of_row(row))
    of_record = {} if letter is None else dict(_of_record(letter))
    names = ("written from", "sender", "recipients", "body", "sent at")
    return [Difference(name, of_row.get(name), of_record.get(name)) for name in names]


def marked(text: str | None, other: str | None) -> Markup:
    """The text as HTML; what lies between its beginning and its end that both have is marked."""
    if text is None:
        return Markup("&ndash;")
    if other is None or text == other:
        return honest(text)
    first = next((index for index, (one, two) in enumerate(zip(text, other, strict=False)) if one != two), None)
    start = min(len(text), len(other)) if first is None else first
    room = min(len(text), len(other)) - start
    pairs = zip(reversed(text), reversed(other), strict=False)
    common = next((index for index, (one, two) in enumerate(pairs) if one != two), room)
    end = len(text) - min(common, room)
    return honest(text[:start]) + Markup("<mark>") + honest(text[start:end]) + Markup("</mark>") + honest(text[end:])


def _of_row(row: StoredMessage) -> Iterator[tuple[str, str | None]]:
    yield "written from", f"offset {row.log_offset} of log {row.log_id}"
    yield "sender", row.sender
    yield "recipients", ", ".join(row.recipients or [])
    yield "body", row.body
    yield "sent at", None if row.sent_at is None else _time(row.sent_at)


def _of_record(letter: Letter) -> Iterator[tuple[str, str | None]]:
    record = letter.record
    message = _messages.decode(record.value)
    yield "written from", f"offset {record.offset} of log {letter.log_id or 'unknown'}"
    yield "sender", message.sender
    yield "recipients", ", ".join(message.recipients)
    yield "body", message.body
    yield "sent at", _time(datetime.fromtimestamp(int(record.sent_at) / 1000, UTC))


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
