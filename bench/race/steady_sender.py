"""Sends messages at a steady rate, each at its own time however long the others take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Thread

from bench.conditions.loads import index_of
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings
from stack.pipeline.sender import new_sender

_FLUSH_SECONDS = 30.0
_ROOM_SECONDS = 0.1


class SteadySender:
    """Sends without keys, to all partitions in turn, each message once.

    `due_at` is the time for which each message was meant, in seconds since 1970. A sender that gets no processor sends
    late, and a latency that counted from there would leave out what everybody waits for.
    """

    def __init__(self, settings: Settings) -> None:
        self.due_at: dict[int, float] = {}
        self._settings = settings
        self._producer = new_sender(settings, linger_milliseconds=0)

    def start(self, messages: Sequence[InstantMessage], rate: float) -> Thread:
        """Sends in the background, `rate` a second; the thread ends when all are acknowledged."""
        thread = Thread(target=self._send, args=(messages, rate), daemon=True)
        thread.start()
        return thread

    def send(self, message: InstantMessage) -> None:
        """Send one message, which is due now."""
        self._produce(message, time.time())

    def _send(self, messages: Sequence[InstantMessage], rate: float) -> None:
        began = time.time()
        for number, message in enumerate(messages):
            due_at = began + number / rate
            if (early := due_at - time.time()) > 0:
                time.sleep(early)
            self._produce(message, due_at)
        self._producer.flush(_FLUSH_SECONDS)

    def _produce(self, message: InstantMessage, due_at: float) -> None:
        index = index_of(message.body)
        self.due_at[index] = due_at
        while True:
            try:
                self._producer.produce(
                    self._settings.message_topic,
                    encode_message(message),
                    partition=index % self._settings.topic_partitions,
                    timestamp=round(time.time() * 1000),
                )
            except BufferError:
                # Kafka is behind, and the client's queue is full.
                self._producer.poll(_ROOM_SECONDS)
            else:
                break
        self._producer.poll(0)
