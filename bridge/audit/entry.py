"""One action of a person, as the audit has it: who, what, on what, and what came of it."""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from chat_tasks.errors import ChatTasksError, InvalidRecord
from chat_tasks.log.shown_key import shown_key
from chat_tasks.settings import Settings

_LONGEST = 500


class Action(StrEnum):
    """What a person can do to the pipeline."""

    SEND = "send"
    RELEASE = "release"
    REPLAY = "replay"
    STOP_REPLAY = "stop_replay"
    PURGE = "purge"
    ERASE = "erase"
    POOL_GROW = "pool_grow"
    POOL_SHRINK = "pool_shrink"


class Result(StrEnum):
    """How far an action is.

    An action that stays `begun` was cut off: its process ended, or Kafka went away, before it could say more.
    """

    BEGUN = "begun"
    DONE = "done"
    FAILED = "failed"


class Who(NamedTuple):
    """The role that allowed an action, and the name that the person gave, which nobody has checked; it may be empty."""

    role: str
    name: str = ""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """An action. Times are in seconds since 1970; `ended` is None as long as `result` is `begun`.

    `target` names a conversation as logs do. No text of a message is ever in an entry.
    """

    id: str
    begun: float
    role: str
    action: Action
    target: str
    result: Result
    name: str = ""
    ended: float | None = None
    detail: str = ""


def conversation_target(conversation_key: str, settings: Settings) -> str:
    """How an entry names a conversation: as logs do."""
    return f"conversation {shown_key(conversation_key, settings)}"


def begun_entry(identity: str, at: float, who: Who, action: Action, target: str) -> Entry:
    """The entry to write before the action is carried out."""
    return Entry(identity, at, who.role, action, _short(target), Result.BEGUN, _short(who.name))


def ended_entry(begun: Entry, at: float, result: Result, detail: str = "") -> Entry:
    """The entry that takes the place of `begun`."""
    return msgspec.structs.replace(begun, result=result, ended=at, detail=_short(detail))


def failure_of(error: BaseException) -> str:
    """What an entry says of an action that failed: our own errors tell people why, and others may hold anything."""
    return str(error) if isinstance(error, ChatTasksError) else type(error).__name__


def encode_entry(entry: Entry) -> tuple[bytes, bytes]:
    """The record's key and value: both entries of an action have one key, so compaction leaves the second."""
    return entry.id.encode(), msgspec.json.encode(entry)


def decode_entry(value: bytes) -> Entry:
    """The entry in a record's value. Raises `InvalidRecord`."""
    try:
        return msgspec.json.decode(value, type=Entry)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRecord(f"no entry of the audit: {error}") from error


def newest_first(entries: list[Entry]) -> list[Entry]:
    """Of each action what is known last, by the time at which it began; `entries` are in the order of the topic."""
    known = {entry.id: entry for entry in entries}
    return sorted(known.values(), key=lambda entry: entry.begun, reverse=True)


def _short(text: str) -> str:
    """The text without what JSON cannot hold, and cut if it is long."""
    whole = text.encode("utf-8", "backslashreplace").decode()
    return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}…"
