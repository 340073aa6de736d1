"""The pipeline as most teams would first build it: a task a record, a lock, a counter, an INSERT and a produce.

Numbers come from Redis and are gone with it; a worker killed between INCR and produce leaves a gap, a task delivered
twice doubles a message. It shares the product's settings, clients and connections, so that only the design differs.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from confluent_kafka import Producer
from redis import Redis

from bridge.kafka.clients import base_config
from chat_tasks.formats.topics import decode_message, decode_request, encode_block, encode_message, with_sequence
from chat_tasks.redis_client import connect_redis
from chat_tasks.settings import settings
from chat_tasks.storage.session import connect

_LOCK_SECONDS = 10.0
_FLUSH_SECONDS = 10.0

app = Celery("textbook", broker=settings().redis_url.get_secret_value())
app.conf.update(
    task_ignore_result=True,
    # A worker that dies gives its task back, as anybody would want who reads Celery's documentation.
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
)


class _Connections:
    """The connections of one process: clients of Cassandra and Kafka do not survive a fork."""

    def __init__(self) -> None:
        self.redis: Redis = connect_redis(settings())
        self.producer = Producer({**base_config(settings()), "acks": "all", "linger.ms": 0})
        self.session = connect(settings())
        keyspace = settings().cassandra_keyspace
        self.session.execute(
            f"CREATE TABLE IF NOT EXISTS {keyspace}.textbook (conversation_key text, seq bigint, sender text, "
            "recipients frozen<list<text>>, body text, PRIMARY KEY (conversation_key, seq)) "
            "WITH CLUSTERING ORDER BY (seq DESC)"
        )
        self.insert = self.session.prepare(
            f"INSERT INTO {keyspace}.textbook (conversation_key, seq, sender, recipients, body) VALUES (?, ?, ?, ?, ?)"
        )
        self.newest = self.session.prepare(
            f"SELECT sender, body, seq FROM {keyspace}.textbook WHERE conversation_key = ? LIMIT ?"
        )

    def publish(self, topic: str, key: str, value: bytes) -> None:
        """Send a record, and return when the broker has it."""
        self.producer.produce(topic, value, key.encode())
        self.producer.flush(_FLUSH_SECONDS)


@cache
def _connections_of(_process: int) -> _Connections:
    return _Connections()


def _connections() -> _Connections:
    return _connections_of(os.getpid())


@worker_process_init.connect
def connect_early(**_: object) -> None:
    """Connect before the first task, which would have to wait."""
    _connections()


@app.task
def handle_message(value: str) -> None:
    """Number one message, store it, publish it."""
    message = decode_message(value.encode())
    key = message.conversationKey
    connections = _connections()
    with connections.redis.lock(f"lock:{key}", timeout=_LOCK_SECONDS, sleep=0.005):
        number: Any = connections.redis.incr(f"seq:{key}")
        sequence = number - 1
        connections.session.execute(
            connections.insert, (key, sequence, message.sender, message.recipients, message.body)
        )
        connections.publish(settings().output_topic, key, with_sequence(encode_message(message), sequence))


@app.task
def handle_request(value: str) -> None:
    """Read the newest messages and publish them, oldest first."""
    request = decode_request(value.encode())
    connections = _connections()
    rows = connections.session.execute(connections.newest, (request.conversationKey, request.numMsgs))
    latest = [(row.sender, row.body, row.seq) for row in reversed(rows.all())]
    connections.publish(settings().block_topic, request.conversationKey, encode_block(request.conversationKey, latest))
