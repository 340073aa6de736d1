"""What others can do to Kafka: its administrators, and other senders."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

from bridge.kafka.clients import base_config
from stack.servers.kafka import KafkaBroker
from tests.chaos.faults.injection import PATIENCE_SECONDS
from tests.chaos.system.system import System
from tests.pipeline.quota import quota

_BYTES_PER_SECOND = 5_000


@contextmanager
def narrow_quota(system: System, _: random.Random) -> Iterator[None]:
    """The bridges' clients get a quota far below what they need."""
    broker = system.servers["kafka"][0]
    assert isinstance(broker, KafkaBroker)
    limits = {"producer_byte_rate": _BYTES_PER_SECOND, "consumer_byte_rate": _BYTES_PER_SECOND}
    with quota(broker, system.names("ingest", "dispatch"), **limits):
        yield


@contextmanager
def open_transaction(system: System, choice: random.Random) -> Iterator[None]:
    """Another sender's transaction stays open in one input partition, and is aborted at the end."""
    settings = system.deployment.settings
    producer = Producer({**base_config(settings), "transactional.id": "foreign"})
    producer.init_transactions(PATIENCE_SECONDS)
    producer.begin_transaction()
    producer.produce(settings.message_topic, b"aborted", partition=choice.randrange(settings.topic_partitions))
    assert producer.flush(PATIENCE_SECONDS) == 0
    try:
        yield
    finally:
        producer.abort_transaction(PATIENCE_SECONDS)
