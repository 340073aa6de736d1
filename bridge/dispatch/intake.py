"""Reads consumed messages: a record of the log, or a request, becomes the object that dispatch works on."""

from typing import Any

from bridge.dispatch.work import Finished, PendingRequest
from bridge.kafka.headers import headers_of, size_of_headers
from bridge.kafka.transaction import Partition
from bridge.records.dead_letters import dead_letter_of
from bridge.records.log_record import LogRecord, decode_logged_value
from bridge.records.validation import check_total, validate_request
from chat_tasks.errors import InvalidRecord
from chat_tasks.settings import Settings

_LARGEST_ECHO = 32 * 1024


def read_log_record(message: Any, *, replay: bool) -> LogRecord:
    """The record in a message of the log. Raises `ValueError` if ingest did not write the message."""
    sent_at, value = decode_logged_value(message.value())
    return LogRecord(message.partition(), message.offset(), sent_at, value, headers_of(message), replay)


def read_request(message: Any, settings: Settings) -> PendingRequest | Finished:
    """The request in a message, or the dead letter of an invalid one."""
    partition, offset = message.partition(), message.offset()
    try:
        headers = headers_of(message)
        # The key and headers go back with a block, which may be almost as large as its topic allows.
        check_total("key and headers", len(message.key() or b"") + size_of_headers(headers), _LARGEST_ECHO)
        request = validate_request(message.value(), settings)
    except InvalidRecord as error:
        letter = dead_letter_of(message, error, settings)
        return Finished(Partition(message.topic(), partition), (offset,), (letter,))
    return PendingRequest(partition, offset, request, message.key(), headers)
