"""A backlog that appears at once: sent in one Kafka transaction, whose commit is the start of the race.

A contestant is at work before that, warm and waiting, and no part of the backlog's processing escapes the clock.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import uuid4

from confluent_kafka import Producer

from bench.conditions.loads import Load
from bridge.kafka.clients import base_config
from chat_tasks.formats.topics import InstantMessage, LatestMessagesRequest, encode_message
from chat_tasks.settings import Settings

_SECONDS = 120.0
_MESSAGES_PER_BLOCK = 20
_INVALID = b'{"conversationKey":"abc123","sender":"bob","recipients":"ann","body":"Hi there!"}'


def send_backlog(settings: Settings, load: Load, messages: Sequence[InstantMessage]) -> float:
    """Send the messages and the load's requests; returns when they became visible, in seconds since 1970."""
    producer = Producer(
        {
            **base_config(settings),
            "transactional.id": f"bench-{uuid4().hex}",
            "compression.type": "lz4",
            "linger.ms": 20,
            "queue.buffering.max.kbytes": 1_000_000,
            "queue.buffering.max.messages": 2_000_000,
        }
    )
    producer.init_transactions(_SECONDS)
    producer.begin_transaction()
    for index, message in enumerate(messages):
        key = message.conversationKey.encode() if load.keyed else None
        partition = -1 if load.keyed else index % settings.topic_partitions
        producer.produce(settings.message_topic, encode_message(message), key, partition)
        if load.messages_per_invalid and index % load.messages_per_invalid == 0:
            producer.produce(settings.message_topic, _INVALID, key, partition)
        producer.poll(0)
    for message in messages[: load.requests(len(messages))]:
        request = LatestMessagesRequest(conversationKey=message.conversationKey, numMsgs=_MESSAGES_PER_BLOCK)
        producer.produce(settings.request_topic, request.model_dump_json(exclude_none=True).encode())
    producer.flush(_SECONDS)
    visible_at = time.time()
    producer.commit_transaction(_SECONDS)
    return visible_at
