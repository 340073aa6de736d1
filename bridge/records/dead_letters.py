"""Dead letters: a record that cannot be processed goes to `dead_letter`, whole and with the reason.

The header names are those of Kafka Connect (`errors.deadletterqueue.context.headers.enable`), so its tools read them.
"""

import logging
from typing import Any, NamedTuple

from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.headers import SENT_AT, Headers, headers_of, sent_time, size_of_headers
from bridge.kafka.transaction import Output
from chat_tasks.errors import InvalidRecord
from chat_tasks.log_rate.tally import Tally
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

_NAMES = tuple(
    f"__connect.errors.{name}"
    for name in ("topic", "partition", "offset", "stage", "task.id", "exception.class.name", "exception.message")
)


class Source(NamedTuple):
    """The offset that a record came from, and the stage and instance that gave the record up."""

    topic: str
    partition: int
    offset: int
    stage: str
    instance: str


def dead_letter_headers(original: Headers, source: Source, error: str, reason: str) -> Headers:
    """The original headers, then ours; `error` is the exception's name, `reason` its message."""
    where = (source.topic, str(source.partition), str(source.offset))
    values = (*where, source.stage, source.instance, error, reason)
    return [*original, *((name, value.encode()) for name, value in zip(_NAMES, values, strict=True))]


def check_not_letter(topic: str, headers: Headers) -> None:
    """Raise `InvalidRecord` if the record was in `dead_letter` before, and in this topic before that.

    A tool has then sent the letter again, and may have added headers of its own.
    """
    if headers and (_NAMES[0], topic.encode()) in headers:
        raise InvalidRecord(f"headers: they are those of a dead letter of {topic}")


class DeadLetterContext(NamedTuple):
    """The arguments that `dead_letter_headers` was given."""

    original: Headers
    source: Source
    error: str
    reason: str


def read_dead_letter_headers(headers: Headers) -> DeadLetterContext | None:
    """The arguments that the headers were made from; None if another program made the headers.

    Raises `ValueError` if another program made them, with our names in our order and values that are not ours.
    """
    original, ours = headers[: -len(_NAMES)], headers[-len(_NAMES) :]
    if tuple(name for name, _ in ours) != _NAMES:
        return None
    topic, partition, offset, stage, instance, error, reason = ((value or b"").decode() for _, value in ours)
    return DeadLetterContext(original, Source(topic, int(partition), int(offset), stage, instance), error, reason)


def dead_letter_of_unreadable(records: UnreadableRecords, settings: Settings) -> Output:
    """The one dead letter of records that cannot be read. It has no value; its key and headers say where they are."""
    (topic, number), first, *_ = records
    source = Source(topic, number, first, "CONSUME", settings.instance_name)
    headers = dead_letter_headers([], source, UnreadableRecords.__name__, str(records))
    return Output(settings.dead_letter_topic, -1, f"{topic}-{number}-{first}".encode(), None, headers)


def reason_of(letter: Output) -> str:
    """The reason in the headers of a letter that this process has made."""
    return (letter.headers[-1][1] or b"").decode()


def say_dead_letters(reasons: Tally, topic: str, now: float) -> None:
    """Log how many records of the topic became dead letters, for the reasons that are due."""
    for reason, count in reasons.due(now):
        logger.warning(
            "%d records of %s became dead letters: %s",
            count,
            topic,
            reason,
            extra={"event": "dead_letters", "topic": topic, "reason": reason, "count": count},
        )


_LARGEST_HEADERS = 64 * 1024
_LARGEST_KEY = 64 * 1024
# What a letter does not hold of its record.
DROPPED = "chat.dropped"


def dead_letter_of(message: Any, error: InvalidRecord, settings: Settings, stage: str = "VALUE_CONVERTER") -> Output:
    """The dead letter of a consumed message that cannot be accepted, given up in this stage.

    A letter holds the whole message if a topic can take it. A value, a key or headers that are too large for every
    topic are cut, and the header `chat.dropped` says so. Such a message exists because the input topic's limit counts
    compressed bytes.
    """
    source = Source(message.topic(), message.partition(), message.offset(), stage, settings.instance_name)
    key, value = message.key(), message.value()
    try:
        headers = headers_of(message)
    except InvalidRecord:
        headers = [(DROPPED, b"headers")]
    if size_of_headers(headers) > _LARGEST_HEADERS:
        headers = [(DROPPED, b"headers")]
    if key is None:
        # A topic that is compacted refuses a record without a key, and would stop every process that writes letters.
        key = b"%b-%d-%d" % (source.topic.encode(), source.partition, source.offset)
    if len(key) > _LARGEST_KEY:
        headers = [*headers, (DROPPED, b"key after %d of %d bytes" % (_LARGEST_KEY, len(key)))]
        key = key[:_LARGEST_KEY]
    if value is not None and len(value) > settings.max_record_bytes:
        headers = [*headers, (DROPPED, b"value after %d of %d bytes" % (settings.max_record_bytes, len(value)))]
        value = value[: settings.max_record_bytes]
    # A header of this name that the sender made up stays before ours: a letter holds the whole record.
    headers = [*headers, (SENT_AT, b"%d" % sent_time(message))]
    letter = dead_letter_headers(headers, source, type(error).__name__, str(error))
    return Output(settings.dead_letter_topic, -1, key, value, letter)
