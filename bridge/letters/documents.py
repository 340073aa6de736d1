"""A dead letter as a document, and as a line, for people and programs."""

from base64 import b64encode
from typing import Any

import orjson

from bridge.letters.dead_letter import DeadLetter, time_of
from bridge.letters.states import LetterState


def summary(letter: DeadLetter, state: LetterState) -> dict[str, Any]:
    """What a list shows of a letter; ready for JSON."""
    source = letter.context.source if letter.context else None
    return {
        "id": str(letter.id),
        "time": time_of(letter.written_at),
        "state": str(state),
        "stage": letter.stage,
        "error": letter.context.error if letter.context else None,
        "reason": letter.reason,
        "topic": source.topic if source else None,
        "partition": source.partition if source else None,
        "offset": source.offset if source else None,
        "conversationKey": letter.conversation_key,
    }


def whole(letter: DeadLetter, state: LetterState) -> dict[str, Any]:
    """All of a letter; ready for JSON. Bytes that are no UTF-8 are a document with their `base64`."""
    return {
        **summary(letter, state),
        "instance": letter.context.source.instance if letter.context else None,
        "key": _text(letter.key),
        "headers": [[name, _text(value)] for name, value in letter.headers],
        "value": _text(letter.value),
    }


def as_line(letter: DeadLetter, state: LetterState) -> str:
    """The summary of a letter in one line."""
    one = summary(letter, state)
    origin = f"{one['topic']}[{one['partition']}] {one['offset']}" if one["topic"] else "-"
    key = "-" if one["conversationKey"] is None else orjson.dumps(one["conversationKey"]).decode()
    return f"{one['id']:>10}  {one['time']}  {state:8}  {one['stage'] or '-':15}  {origin}  {key}  {letter.reason}"


def _text(value: bytes | None) -> Any:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(value).decode()}
