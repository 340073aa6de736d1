"""The dead letters of quarantined conversations, and the receipts that say which of them are published.

A letter stays in `dead_letter` after its record is published. A receipt is a record without a value, published in the
same transaction as the letters' messages. It says that all letters of its conversation, up to its offset in the log,
are published. Every log numbers its records anew, so both carry the id of their log, in a header before the story's.
"""

from typing import Any, NamedTuple

from bridge.kafka.headers import Headers, headers_of, sent_at_of, with_sent_at, without_sent_at
from bridge.kafka.transaction import Output
from bridge.records.dead_letters import Source, dead_letter_headers, read_dead_letter_headers
from bridge.records.log_record import LogRecord
from chat_tasks.errors import InvalidRecord
from chat_tasks.settings import Settings

LOG_ID = "chat.log_id"
_STAGE = "APPEND"
QUARANTINED = "QuarantinedConversation"
_REPLAYED = "ReplayedConversation"


class Letter(NamedTuple):
    """A record of the log that was kept aside; `log_id` is None if dispatch did not write ids of logs yet."""

    conversation_key: str
    record: LogRecord
    log_id: str | None


class Receipt(NamedTuple):
    """All letters of the conversation and this log up to `offset` are published."""

    conversation_key: str
    offset: int
    log_id: str | None


class Receipts:
    """The receipts of one conversation.

    A `LetterBox` or a command owns them, and uses them in one thread. Receipts may be taken in any order. Invariant: a
    receipt says nothing of another log's letters. Letters without a log's id are taken for the current log's, and
    receipts without one for those of such letters only. No method raises.
    """

    def __init__(self, log_id: str) -> None:
        """Of no receipts yet; `log_id` is the current log's."""
        self._log_id = log_id
        self._published: dict[str | None, int] = {}

    def take(self, receipt: Receipt) -> None:
        """Take a receipt of the conversation."""
        self._published[receipt.log_id] = max(self._published.get(receipt.log_id, -1), receipt.offset)

    def cover(self, log_id: str | None, offset: int) -> bool:
        """Whether the letter with this offset in this log is published."""
        logs = {log_id} if log_id is not None else {None, self._log_id}
        return any(offset <= self._published.get(one, -1) for one in logs)


def encode_letter(settings: Settings, log_id: str, conversation_key: str, record: LogRecord, reason: str) -> Output:
    """The letter of a record of this log that is kept aside for this reason."""
    source = Source(settings.log_topic, record.partition, record.offset, _STAGE, settings.instance_name)
    original = [*with_sent_at(record.headers, record.sent_at), _log_header(log_id)]
    headers = dead_letter_headers(original, source, QUARANTINED, reason)
    return Output(settings.dead_letter_topic, -1, conversation_key.encode(), record.value, headers)


def encode_receipt(settings: Settings, log_id: str, conversation_key: str, record: LogRecord) -> Output:
    """The receipt for the letter of this record, and for all letters before it."""
    source = Source(settings.log_topic, record.partition, record.offset, _STAGE, settings.instance_name)
    reason = "the dead letters up to this offset are published"
    headers = dead_letter_headers([_log_header(log_id)], source, _REPLAYED, reason)
    return Output(settings.dead_letter_topic, -1, conversation_key.encode(), None, headers)


def read_letter(settings: Settings, message: Any) -> Letter | Receipt | None:
    """The letter or receipt in a message of `dead_letter`; None if dispatch has not written it for a quarantine."""
    try:
        story = read_dead_letter_headers(headers_of(message))
        if story is None or story.source.topic != settings.log_topic:
            return None
        key, source = message.key().decode(), story.source
        original, log_id = _split_log_id(story.original)
        if story.error == _REPLAYED:
            return Receipt(key, source.offset, log_id)
        if story.error != QUARANTINED:
            return None
        sent_at = sent_at_of(original)
    except (InvalidRecord, AttributeError, ValueError):
        return None
    headers = without_sent_at(original)
    record = LogRecord(source.partition, source.offset, sent_at, message.value(), headers, replay=False)
    return Letter(key, record, log_id)


def _log_header(log_id: str) -> tuple[str, bytes]:
    return LOG_ID, log_id.encode()


def _split_log_id(headers: Headers) -> tuple[Headers, str | None]:
    # A header of this name that the sender made up is never the last one: the sent time follows it.
    if headers and headers[-1][0] == LOG_ID:
        return headers[:-1], (headers[-1][1] or b"").decode()
    return headers, None
