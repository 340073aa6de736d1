"""The dead letters of quarantined conversations, and the receipts that say which of them are published.

A letter stays in `dead_letter` after its record is published. A receipt is a record without a value, published in the
same transaction as the letters' messages. It says that all letters of its conversation, up to its offset in the log,
are published.
"""

from typing import Any, NamedTuple

from bridge.kafka.headers import headers_of, sent_at_of, with_sent_at, without_sent_at
from bridge.kafka.transaction import Output
from bridge.records.dead_letters import Source, dead_letter_headers, read_dead_letter_headers
from bridge.records.log_record import LogRecord
from chat_tasks.errors import InvalidRecord
from chat_tasks.settings import Settings

_STAGE = "APPEND"
_QUARANTINED = "QuarantinedConversation"
_REPLAYED = "ReplayedConversation"


class Letter(NamedTuple):
    """A record of the log that was kept aside."""

    conversation_key: str
    record: LogRecord


class Receipt(NamedTuple):
    """All letters of the conversation up to `offset` are published."""

    conversation_key: str
    offset: int


def encode_letter(settings: Settings, conversation_key: str, record: LogRecord, reason: str) -> Output:
    """The letter of a record that is kept aside for this reason."""
    source = Source(settings.log_topic, record.partition, record.offset, _STAGE, settings.instance_name)
    headers = dead_letter_headers(with_sent_at(record.headers, record.sent_at), source, _QUARANTINED, reason)
    return Output(settings.dead_letter_topic, -1, conversation_key.encode(), record.value, headers)


def encode_receipt(settings: Settings, conversation_key: str, record: LogRecord) -> Output:
    """The receipt for the letter of this record, and for all letters before it."""
    source = Source(settings.log_topic, record.partition, record.offset, _STAGE, settings.instance_name)
    headers = dead_letter_headers([], source, _REPLAYED, "the dead letters up to this offset are published")
    return Output(settings.dead_letter_topic, -1, conversation_key.encode(), None, headers)


def read_letter(settings: Settings, message: Any) -> Letter | Receipt | None:
    """The letter or receipt in a message of `dead_letter`; None if dispatch has not written it for a quarantine."""
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
