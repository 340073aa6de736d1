"""What the chaos run sends: messages, requests and nonsense, at a steady rate, and what Kafka acknowledged of it."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import orjson
from confluent_kafka import KafkaError, Producer

from bridge.commands.latest import CORRELATION_HEADER
from bridge.kafka.clients import base_config
from chat_tasks.formats.topics import LatestMessagesRequest
from chat_tasks.settings import Settings
from tests.chaos.history import OFFSET_NOT_TOLD, History, Invalid, Request, Sent, Unknown
from tests.chaos.traffic.observer import Observer

_TURN_SECONDS = 0.01
_REQUEST_EVERY = 50
_INVALID_EVERY = 4
_LATEST = 20
_YOUNG = 0.2
"""The share of messages that go to conversations which begin during the run."""
_YOUTH = 100
"""A young conversation gets most of its messages while so many are sent in all."""
_BEGIN_EVERY = 20
_NONSENSE = (b"", b"{", b"\xff\xfe", b'{"conversationKey":"c-1"}', b"[]", b'{"conversationKey":1,"body":2}')


class Workload:
    """A thread that sends. Messages are numbered in the order in which they are sent, and their bodies say so."""

    def __init__(
        self, settings: Settings, history: History, observer: Observer, *, seed: int, rate: float, conversations: int
    ) -> None:
        """`rate` is messages a second; requests and invalid records come on top."""
        self._settings = settings
        self._history = history
        self._observer = observer
        self._random = random.Random(seed)
        self._rate = rate
        self._conversations = conversations
        self._producer = Producer(
            {
                **base_config(settings),
                "enable.idempotence": True,
                # A producer that gives up would make outcomes unknown; this one waits for Kafka as long as it takes.
                "message.timeout.ms": 600_000,
                # Requests of its own for nearly each record took a third of all that Kafka did.
                "linger.ms": 50,
            }
        )
        self.count = 0
        self._acknowledged = 0
        self._records = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="workload")

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def set_rate(self, rate: float) -> None:
        """Send at this rate from now on."""
        self._rate = rate

    def stop(self) -> bool:
        """Send no more and wait for what is under way; whether everything was acknowledged."""
        self._stopping.set()
        self._thread.join()
        self._producer.flush(120)
        return self._acknowledged == self._records

    def _run(self) -> None:
        due, then = 0.0, time.monotonic()
        while not self._stopping.is_set():
            now = time.monotonic()
            # What could not be sent within a second is not owed any more.
            due, then = min(due + (now - then) * self._rate, self.count + self._rate), now
            while self.count < due:
                self._send_message()
                if self.count % _REQUEST_EVERY == 0:
                    self._send_request()
                if self.count % _INVALID_EVERY == 0:
                    self._send_nonsense()
            self._producer.poll(_TURN_SECONDS)

    def _conversation(self) -> str:
        if self._random.random() < _YOUNG:
            # One begins with every twenty messages; most of what it gets comes soon, some of it much later.
            age = int(_YOUTH * (self._random.paretovariate(0.7) - 1))
            return f"y-{max(0, self.count - age) // _BEGIN_EVERY}"
        # The smallest of three draws: a few conversations are busy, most are not.
        return f"c-{min(self._random.randrange(self._conversations) for _ in range(3))}"

    def _send_message(self) -> None:
        conversation, body = self._conversation(), f"m-{self.count}"
        self.count += 1
        value = orjson.dumps(
            {"conversationKey": conversation, "sender": "bob", "recipients": ["ann", "čeněk"], "body": body}
        )

        def acknowledged(error: KafkaError | None, message: Any) -> None:
            self._acknowledged += 1
            if error is None:
                self._history.sent.append(
                    Sent(message.partition(), _offset_of(message), conversation, body, time.time())
                )
            else:
                self._history.unknown.append(Unknown(conversation, body))

        is_keyed = self._random.random() < 0.5
        self._produce(
            self._settings.message_topic,
            value,
            key=conversation.encode() if is_keyed else None,
            on_delivery=acknowledged,
        )

    def _send_request(self) -> None:
        conversation = self._conversation()
        identity = f"r-{self.count}"
        readable = self._observer.readable(conversation)
        request = LatestMessagesRequest(conversationKey=conversation, numMsgs=_LATEST)

        def acknowledged(error: KafkaError | None, _: Any) -> None:
            self._acknowledged += 1
            if error is None:
                self._history.requests.append(Request(identity, conversation, _LATEST, readable, time.time()))

        self._produce(
            self._settings.request_topic,
            request.model_dump_json(exclude_none=True).encode(),
            headers=[(CORRELATION_HEADER, identity.encode())],
            on_delivery=acknowledged,
        )

    def _send_nonsense(self) -> None:
        value = self._random.choice(_NONSENSE)

        def acknowledged(error: KafkaError | None, message: Any) -> None:
            self._acknowledged += 1
            if error is None:
                self._history.invalid.append(Invalid(message.partition(), _offset_of(message), value, time.time()))

        self._produce(self._settings.message_topic, value, on_delivery=acknowledged)

    def _produce(self, topic: str, value: bytes, **more: Any) -> None:
        self._records += 1
        while True:
            try:
                self._producer.produce(topic, value, **more)
            except BufferError:
                self._producer.poll(_TURN_SECONDS)
            else:
                return


def _offset_of(message: Any) -> int:
    """The offset, which is not told of a record that the broker had already, from a try whose answer was lost."""
    offset = message.offset()
    return OFFSET_NOT_TOLD if offset is None else offset
