"""Consumed messages as what dispatch works on."""

from typing import Any

from bridge.dead_letters import Source, dead_letter_headers
from bridge.dispatch.append_work import LogRecord
from bridge.dispatch.latest_work import PendingRequest
from bridge.dispatch.outgoing import Finished
from bridge.headers import SENT_AT, headers_of, sent_at_of, with_sent_at
from bridge.sent_time import sent_time
from bridge.transaction import Output, Partition
from bridge.validation import Limits, validate_request
from chat_tasks.errors import InvalidRecord
from chat_tasks.settings import Settings


def read_log_record(message: Any, *, replay: bool) -> LogRecord:
    """Raises `ValueError` where ingest did not write it."""
    headers = headers_of(message)
    sent_at = sent_at_of(headers)
    others = [] if len(headers) == 1 else [header for header in headers if header[0] != SENT_AT]
    return LogRecord(message.partition(), message.offset(), sent_at, message.value(), others, replay)


def read_request(message: Any, limits: Limits, settings: Settings) -> PendingRequest | Finished:
    """The request, or the dead letter of an invalid one."""
    headers = headers_of(message)
    partition, offset = message.partition(), message.offset()
    try:
        request = validate_request(message.value(), limits)
    except InvalidRecord as error:
        source = Source(message.topic(), partition, offset, "VALUE_CONVERTER", settings.instance_name)
        letter = dead_letter_headers(
            with_sent_at(headers, sent_time(message)), source, type(error).__name__, str(error)
        )
        output = Output(settings.dead_letter_topic, -1, message.key(), message.value(), letter)
        return Finished(Partition(message.topic(), partition), offset, (output,))
    return PendingRequest(partition, offset, request, message.key(), headers)
