"""Reads the audit, the newest part first."""

import time
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from bridge.audit.entry import Action, Entry, decode_entry, newest_first
from bridge.kafka.clients import reader_config
from bridge.kafka.connection.denials import denied, is_denied
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from chat_tasks.errors import InvalidRecord
from chat_tasks.settings import Settings

_GROUP = "chat-reader"
_SECONDS = 5.0


class AuditPart(NamedTuple):
    """Entries, the newest first, and the offset before which earlier ones lie; None if there are none."""

    entries: list[Entry]
    earlier: int | None


def read_audit(settings: Settings, most: int, before: int | None = None, *, action: Action | None = None) -> AuditPart:
    """The entries of the last `most` records, or of the last before an offset; blocks.

    Of an `action`, if one is wanted, further back, until a tenth as many are found or some seconds are over.
    Raises `DependencyUnavailable`.
    """
    consumer = Consumer(reader_config(settings, _GROUP))
    topic = settings.audit_topic
    try:
        start, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=_SECONDS)
        end = end if before is None else max(start, min(end, before))
        deadline = time.monotonic() + _SECONDS
        found: list[Entry] = []
        first = end
        while first > start:
            end, first = first, max(start, first - most)
            found = [*_read(consumer, topic, first, end), *found]
            matching = sum(one.action is action for one in found)
            if action is None or matching >= max(1, most // 10) or time.monotonic() > deadline:
                break
    except KafkaException as error:
        if is_denied(error):
            raise denied(error, f"READ of topic {topic}") from error
        raise KafkaUnavailable(describe_kafka_error(error, consumer)) from error
    finally:
        consumer.close()
    entries = [one for one in newest_first(found) if action in (None, one.action)]
    return AuditPart(entries, first if first > start else None)


def _read(consumer: Consumer, topic: str, first: int, end: int) -> list[Entry]:
    consumer.assign([TopicPartition(topic, 0, first)])
    found: list[Entry] = []
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        for message in consumer.consume(1000, 0.1):
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name for it
                return found
            if error is not None:
                raise KafkaException(error)
            offset, value = message.offset(), message.value()
            # A key without a value takes an entry away.
            if offset is not None and offset < end and value is not None:
                try:
                    found.append(decode_entry(value))
                except InvalidRecord:
                    # Something else has written there; the page shows what is ours.
                    continue
            if offset is not None and offset >= end - 1:
                return found
    raise KafkaUnavailable(f"Kafka: {topic} cannot be read to its end")
