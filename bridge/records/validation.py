"""Which records may enter the log. All limits are checked here, because every later step must accept each record.

Sizes are bytes of UTF-8. Only ingest checks the limits: a limit that is lowered later must not refuse records that the
log already holds.
"""

import msgspec
from pydantic import ValidationError

from chat_tasks.errors import InvalidRecord
from chat_tasks.formats.tasks import LatestRequest
from chat_tasks.formats.topics import decode_message, decode_request, encode_message
from chat_tasks.settings import Settings

_LONGEST_REASON = 500


class ValidMessage(msgspec.Struct, frozen=True, gc=False):
    """`key` is the conversation's key, `value` the message's canonical JSON."""

    key: bytes
    value: bytes


def validate_message(value: bytes | None, settings: Settings) -> ValidMessage:
    """Check the value of an input record. Raises `InvalidRecord` with the reason, and no other exception."""
    try:
        message = decode_message(_checked_value(value, settings))
    except ValidationError as error:
        raise InvalidRecord(_reason(error)) from None
    key = message.conversationKey.encode()
    _check_key(key, settings)
    _check_size("sender", message.sender, settings.max_name_bytes)
    if len(message.recipients) > settings.max_recipients:
        raise InvalidRecord(
            f"recipients: {len(message.recipients)} of them, at most {settings.max_recipients} are allowed"
        )
    for recipient in message.recipients:
        _check_size("recipients", recipient, settings.max_name_bytes)
    _check_size("body", message.body, settings.max_body_bytes)
    return ValidMessage(key, encode_message(message))


def validate_request(value: bytes | None, settings: Settings) -> LatestRequest:
    """Check a latest-messages request. Raises `InvalidRecord` with the reason, and no other exception.

    A number of messages above the maximum is lowered to the maximum.
    """
    try:
        request = decode_request(_checked_value(value, settings))
    except ValidationError as error:
        raise InvalidRecord(_reason(error)) from None
    _check_key(request.conversationKey.encode(), settings)
    if request.numMsgs < 0:
        raise InvalidRecord("numMsgs: must not be negative")
    return LatestRequest(request.conversationKey, min(request.numMsgs, settings.max_latest_messages), request.beforeSeq)


def check_total(what: str, size: int, limit: int) -> None:
    """Raise `InvalidRecord` if `what` has more bytes than `limit`."""
    if size > limit:
        raise InvalidRecord(f"{what}: {size} bytes, at most {limit} are allowed")


def _checked_value(value: bytes | None, settings: Settings) -> bytes:
    """The value, if there is one that is small enough to be parsed: parsing takes time and memory by the byte."""
    if value is None:
        raise InvalidRecord("the record has no value")
    check_total("value", len(value), settings.max_record_bytes)
    return value


def _check_key(key: bytes, settings: Settings) -> None:
    if not key:
        raise InvalidRecord("conversationKey: must not be empty")
    if len(key) > settings.max_key_bytes:
        raise InvalidRecord(f"conversationKey: {len(key)} bytes, at most {settings.max_key_bytes} are allowed")


def _check_size(field: str, text: str, limit: int) -> None:
    # A character takes at most four bytes, so most texts need not be encoded to be measured.
    if len(text) * 4 > limit and (size := len(text.encode())) > limit:
        raise InvalidRecord(f"{field}: {size} bytes, at most {limit} are allowed")


def _reason(error: ValidationError) -> str:
    """What is wrong with each field, without the values, which are the users' texts."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    reasons = (f"{'.'.join(map(str, detail['loc'])) or 'value'}: {detail['msg']}" for detail in details)
    return "; ".join(reasons)[:_LONGEST_REASON]
