"""Sends messages at a steady rate, each at its own time however long the others take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Thread

from confluent_kafka import Producer

from bench.conditions.loads import index_of
from bridge.kafka.clients import base_config
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings

_FLUSH_SECONDS = 30.0


class SteadySender:
    """Sends without keys, to all partitions in turn. `sent_at`: the time of each record, in seconds since 1970."""

    def __init__(self, settings: Settings) -> None:
        self.sent_at: dict[int, float] = {}
        self._settings = settings
        self._producer = Producer({**base_config(settings), "acks": "all", "linger.ms": 0})

    def start(self, messages: Sequence[InstantMessage], rate: float) -> Thread:
        """Sends in the background, `rate` a second; the thread ends when all are acknowledged."""
        thread = Thread(target=self._send, args=(messages, rate), daemon=True)
        thread.start()
        return thread

    def send(self, message: InstantMessage) -> None:
        """Send one message at once, with this very moment as the record's timestamp."""
        index = index_of(message.body)
        now = self.sent_at[index] = time.time()
        self._producer.produce(
            self._settings.message_topic,
            encode_message(message),
            partition=index % self._settings.topic_partitions,
            timestamp=round(now * 1000),
        )
        self._producer.poll(0)

    def _send(self, messages: Sequence[InstantMessage], rate: float) -> None:
        began = time.monotonic()
        for number, message in enumerate(messages):
            if (early := began + number / rate - time.monotonic()) > 0:
                time.sleep(early)
            self.send(message)
        self._producer.flush(_FLUSH_SECONDS)
