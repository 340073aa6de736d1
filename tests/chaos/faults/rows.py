"""What can happen to rows, behind everybody's back: retention or a person deletes old ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager

from cassandra.cluster import Session
from confluent_kafka import Consumer, TopicPartition

from bridge.kafka.clients import reader_config
from chat_tasks.conversation.routing import partition_of
from chat_tasks.settings import Settings
from chat_tasks.storage.session import connected
from stack.waiting import wait_until
from tests.chaos.faults.injection import PATIENCE_SECONDS
from tests.chaos.system.system import System

_BUSY = 20


@contextmanager
def old_rows_deleted(system: System, choice: random.Random) -> Iterator[None]:
    """A busy conversation loses its oldest rows: those whose records are purged, all but the newest row."""
    settings = system.deployment.settings
    conversation = f"c-{choice.randrange(_BUSY)}"
    with connected(settings) as session, closing(Consumer(reader_config(settings, "rows-deleted"))) as consumer:
        assert wait_until(lambda: _delete(system, session, consumer, conversation), PATIENCE_SECONDS)
    yield


def _delete(system: System, session: Session, consumer: Consumer, conversation: str) -> bool:
    """Delete what may be deleted; returns whether there was something."""
    settings = system.deployment.settings
    rows = f"{settings.cassandra_keyspace}.messages WHERE conversation_key = %s AND bucket = 0"
    purged = _purged(settings, consumer, conversation)
    stored = session.execute(f"SELECT seq, log_offset FROM {rows}", (conversation,))
    below = max((row.seq for row in stored if row.log_offset < purged), default=0)
    if below <= system.deleted_below.get(conversation, 0):
        return False
    session.execute(f"DELETE FROM {rows} AND seq < %s", (conversation, below))
    system.deleted_below[conversation] = below
    return True


def _purged(settings: Settings, consumer: Consumer, conversation: str) -> int:
    """The offset below which the log has no records of the conversation, so that none of them is written again."""
    partition = TopicPartition(settings.log_topic, partition_of(conversation.encode(), settings.log_partitions))
    low: int = consumer.get_watermark_offsets(partition, timeout=10)[0]
    return low
