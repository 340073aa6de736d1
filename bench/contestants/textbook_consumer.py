"""The textbook pipeline's way from Kafka to Celery.

Not a part of `bench.contestants.textbook`: the tasks of a module that is run as a script would be named after it.
"""

from __future__ import annotations

from typing import Any

from confluent_kafka import Consumer

from bench.contestants.textbook import app, handle_message, handle_request
from bridge.kafka.clients import base_config
from chat_tasks.settings import settings

_MESSAGES_AT_ONCE = 100


def consume() -> None:
    """Send a task for every record, then commit the offsets; until the process is ended."""
    consumer = Consumer(
        {
            **base_config(settings()),
            "group.id": settings().ingest_group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    tasks = {settings().message_topic: handle_message, settings().request_topic: handle_request}
    consumer.subscribe(list(tasks))
    with app.producer_pool.acquire(block=True) as producer:
        while True:
            first: Any = consumer.poll(1.0)
            if first is None:
                continue
            messages: list[Any] = [first, *consumer.consume(_MESSAGES_AT_ONCE, 0)]
            for message in messages:
                if message.error() is None:
                    tasks[message.topic()].apply_async((message.value().decode(),), producer=producer)
            consumer.commit(asynchronous=False)


if __name__ == "__main__":
    consume()
