"""Which records are accepted: asked of what is consumed, and of a dead letter before it is sent again."""

from bridge.kafka.headers import Headers, size_of_headers
from bridge.records.dead_letters import check_not_letter
from bridge.records.validation import ValidMessage, check_total, validate_message, validate_request
from chat_tasks.formats.tasks import LatestRequest
from chat_tasks.settings import Settings

_LARGEST_ECHO = 32 * 1024


def accept_message(value: bytes | None, headers: Headers, settings: Settings) -> ValidMessage:
    """The message in a record of `instant_message_in`. Raises `InvalidRecord` with the reason."""
    # Releasing its conversation publishes such a letter under its own number. Here it would get another one.
    check_not_letter(settings.log_topic, headers)
    valid = validate_message(value, settings)
    # The size counts the canonical bytes: the input topic's own limit counts compressed bytes.
    check_total("record", len(valid.key) + len(valid.value) + size_of_headers(headers), settings.max_record_bytes)
    return valid


def accept_request(key: bytes | None, value: bytes | None, headers: Headers, settings: Settings) -> LatestRequest:
    """The request in a record of `latest_messages_request`. Raises `InvalidRecord` with the reason."""
    # The key and headers go back with a block, which may be almost as large as its topic allows.
    check_total("key and headers", len(key or b"") + size_of_headers(headers), _LARGEST_ECHO)
    return validate_request(value, settings)
