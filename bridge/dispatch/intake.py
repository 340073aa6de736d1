"""Reads consumed messages: a record of the log, or a request, becomes the object that dispatch works on."""

from typing import Any

from bridge.dispatch.work import Finished, PendingRequest
from bridge.kafka.headers import headers_of
from bridge.kafka.transaction import Partition
from bridge.records.acceptance import accept_request
from bridge.records.dead_letters import check_not_letter, dead_letter_of
from bridge.records.log_record import LogRecord, decode_logged_value
from chat_tasks.conversation.routing import partition_of
from chat_tasks.errors import ForeignRecord, InvalidRecord
from chat_tasks.settings import Settings


def read_log_record(message: Any, settings: Settings, *, replay: bool) -> tuple[str, LogRecord]:
    """The conversation's key and the record in a message of the log.

    Raises `ForeignRecord` if ingest did not write the message there. Whoever may write to the log can copy everything
    that ingest writes, so this finds what was not meant to be a record: what tools send by mistake.
    """
    key, value, partition = message.key(), message.value(), message.partition()
    if not key or value is None:
        raise ForeignRecord("it has no key or no value")
    if partition_of(key, settings.log_partitions) != partition:
        raise ForeignRecord("its partition is not that of its key")
    try:
        conversation_key, sent_at, text = decode_logged_value(key, value)
        headers = headers_of(message)
        check_not_letter(settings.log_topic, headers)
    except (ValueError, InvalidRecord) as error:
        raise ForeignRecord(str(error)) from None
    return conversation_key, LogRecord(partition, message.offset(), sent_at, text, headers, replay)


def read_request(message: Any, settings: Settings) -> PendingRequest | Finished:
    """The request in a message, or the dead letter of an invalid one."""
    partition, offset = message.partition(), message.offset()
    try:
        headers = headers_of(message)
        request = accept_request(message.key(), message.value(), headers, settings)
    except InvalidRecord as error:
        letter = dead_letter_of(message, error, settings)
        return Finished(Partition(message.topic(), partition), (offset,), (letter,))
    return PendingRequest(partition, offset, request, message.key(), headers)
