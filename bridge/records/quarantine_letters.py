"""The dead letters of quarantined conversations, written and read again.

A letter stays where it is when its record is replayed. What tells is a receipt, a record without a value that is
published in the same transaction as the replayed messages: all letters of its conversation up to its offset in the log
are replayed.
"""

from typing import Any, NamedTuple

from msgspec.structs import replace

from bridge.kafka.headers import headers_of, sent_at_of, with_sent_at, without_sent_at
from bridge.kafka.transaction import Output
from bridge.records.dead_letters import Source, dead_letter_headers, read_dead_letter_headers
from bridge.records.log_record import LogRecord
from chat_tasks.errors import InvalidRecord
from chat_tasks.settings import Settings

_STAGE = "APPEND"
_QUARANTINED = "QuarantinedConversation"
_REPLAYED = "ReplayedConversation"
_PAST_EVERY_OFFSET = 2**63


class Letter(NamedTuple):
    """A record of the log that was kept aside."""

    conversation_key: str
    record: LogRecord


class Receipt(NamedTuple):
    """All letters of the conversation up to `offset` are replayed."""

    conversation_key: str
    offset: int


def encode_letter(settings: Settings, conversation_key: str, record: LogRecord, reason: str) -> Output:
    """The record, kept aside for this reason."""
    source = Source(settings.log_topic, record.partition, record.offset, _STAGE, settings.instance_name)
    headers = dead_letter_headers(with_sent_at(record.headers, record.sent_at), source, _QUARANTINED, reason)
    return Output(settings.dead_letter_topic, -1, conversation_key.encode(), record.value, headers)


def encode_receipt(settings: Settings, conversation_key: str, record: LogRecord) -> Output:
    """For a letter's record that is published, and all letters before it."""
    source = Source(settings.log_topic, record.partition, record.offset, _STAGE, settings.instance_name)
    headers = dead_letter_headers([], source, _REPLAYED, "the dead letters up to this offset are replayed")
    return Output(settings.dead_letter_topic, -1, conversation_key.encode(), None, headers)


def read_letter(settings: Settings, message: Any) -> Letter | Receipt | None:
    """What a message of `dead_letter` is; None where dispatch has not written it for a quarantine."""
    try:
        story = read_dead_letter_headers(headers_of(message))
        if story is None or story.source.topic != settings.log_topic:
            return None
        key, source, original = message.key().decode(), story.source, story.original
        if story.error == _REPLAYED:
            return Receipt(key, source.offset)
        if story.error != _QUARANTINED:
            return None
        sent_at = sent_at_of(original)
    except (InvalidRecord, AttributeError, ValueError):
        return None
    headers = without_sent_at(original)
    record = LogRecord(source.partition, source.offset, sent_at, message.value(), headers, replay=False)
    return Letter(key, record)


class Wanted(NamedTuple):
    """The letters of a conversation past the offset `after`, for a request to release it."""

    conversation_key: str
    release: int
    after: int


class FoundLetters(NamedTuple):
    """In order; `last` is the offset of the last one, or what was asked for if there is none."""

    records: list[LogRecord]
    last: int
    complete: bool


class LetterBox:
    """Picks the wanted letters, the oldest as far as there is room, out of everything that `dead_letter` holds."""

    def __init__(self, wanted: Wanted, most_records: int, most_bytes: int) -> None:
        self._wanted = wanted
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._kept: list[LogRecord] = []
        self._bytes = 0
        self._replayed = -1
        self._end = _PAST_EVERY_OFFSET

    def take(self, found: Letter | Receipt) -> None:
        """In any order."""
        if found.conversation_key != self._wanted.conversation_key:
            return
        if isinstance(found, Letter):
            if self._wanted.after < found.record.offset < self._end:
                self._kept.append(found.record)
                self._bytes += len(found.record.value)
                if len(self._kept) > 2 * self._most_records or self._bytes > 2 * self._most_bytes:
                    self._cut()
        else:
            self._replayed = max(self._replayed, found.offset)

    def found(self) -> FoundLetters:
        """Once everything was taken: those that are not replayed yet."""
        self._cut()
        last = self._kept[-1].offset if self._kept else self._wanted.after
        records = [replace(record, is_letter=True) for record in self._kept if record.offset > self._replayed]
        return FoundLetters(records, last, complete=self._end == _PAST_EVERY_OFFSET)

    def _cut(self) -> None:
        self._kept.sort(key=lambda record: record.offset)
        size = 0
        for index, record in enumerate(self._kept):
            size += len(record.value)
            if index and (index >= self._most_records or size > self._most_bytes):
                # Nor is there room for any later one that is yet to be taken, be it ever so small.
                self._end = record.offset
                del self._kept[index:]
                size -= len(record.value)
                break
        self._bytes = size


class WaitingLetters:
    """Counts the letters of every conversation that no release has replayed yet."""

    def __init__(self) -> None:
        self._offsets: dict[str, list[int]] = {}
        self._replayed: dict[str, int] = {}

    def take(self, found: Letter | Receipt) -> None:
        """In any order."""
        key = found.conversation_key
        if isinstance(found, Letter):
            self._offsets.setdefault(key, []).append(found.record.offset)
        else:
            self._replayed[key] = max(self._replayed.get(key, -1), found.offset)

    def of(self, conversation_key: str) -> int:
        """How many of them."""
        replayed = self._replayed.get(conversation_key, -1)
        return sum(offset > replayed for offset in self._offsets.get(conversation_key, ()))
