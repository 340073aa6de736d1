"""Begins the horizons of a log: `init` stores the first ones, and those from which an operator goes on."""

from collections.abc import Callable
from contextlib import closing

from confluent_kafka import Consumer, TopicPartition

from bridge.kafka.clients import reader_config
from chat_tasks.settings import Settings
from chat_tasks.storage import schema
from chat_tasks.storage.horizons import Horizons
from chat_tasks.storage.session import Session

_SECONDS = 30.0
_NAME = "horizons_of_log"


def begin_horizons(
    settings: Settings, session: Session, log_id: str, report: Callable[[str], None], *, accept: bool
) -> None:
    """Take the rows for complete up to what the log begins with, if this log has no horizons yet, or to `accept` it.

    Versions from before horizons purged logs too. Raises `KafkaException`, and the driver's exceptions.
    """
    if not accept and schema.stored_settings(session, settings).get(_NAME) == log_id:
        return
    lows = log_starts(settings)
    Horizons(session, settings.cassandra_keyspace).store(log_id, {one: low for one, low in lows.items() if low})
    schema.replace_settings(session, settings, {_NAME: log_id})
    if any(lows.values()):
        report(f"rows: taken for complete up to the first offsets of {settings.log_topic}")


def log_starts(settings: Settings) -> dict[int, int]:
    """The first offset that each partition of the log has; blocks. Raises `KafkaException`."""
    with closing(Consumer(reader_config(settings, "log-starts"))) as consumer:
        return {
            number: consumer.get_watermark_offsets(TopicPartition(settings.log_topic, number), timeout=_SECONDS)[0]
            for number in range(settings.log_partitions)
        }
