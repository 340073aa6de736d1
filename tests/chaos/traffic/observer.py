"""Reads what comes out, as a user would: read_committed, in the order of each partition."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import orjson

from bridge.commands.latest import CORRELATION_HEADER
from bridge.kafka.headers import headers_of
from bridge.kafka.reading.topic_reader import TopicReader
from chat_tasks.settings import Settings
from tests.chaos.history import INPUT_TOPIC, Block, DeadLetter, History, Output


class Observer:
    """A thread that reads `instant_message_out`, `latest_messages_block` and `dead_letter` into a history."""

    def __init__(self, settings: Settings, history: History) -> None:
        self._settings = settings
        self._history = history
        self._readable: Counter[str] = Counter()
        self._seen: set[int] = set()
        self._complete_below = 0
        self._failure: BaseException | None = None
        self._reader = TopicReader(
            settings, [settings.output_topic, settings.block_topic, settings.dead_letter_topic], from_beginning=True
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observer")

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more. If the reading has failed before, its exception is raised."""
        self._stopping.set()
        self._thread.join()
        self._reader.close()
        if self._failure is not None:
            raise self._failure

    def readable(self, conversation: str) -> int:
        """How many messages of the conversation have come out."""
        return self._readable[conversation]

    @property
    def complete_below(self) -> int:
        """Every message with a lower number than this has come out."""
        return self._complete_below

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                for message in self._reader.poll(0.05):
                    self._take(message)
        except BaseException as error:
            self._failure = error
            raise

    def _take(self, message: Any) -> None:
        topic, now = message.topic(), time.time()
        if topic == self._settings.output_topic:
            self._take_output(message, now)
        elif topic == self._settings.block_topic:
            value = orjson.loads(message.value())
            chatter = tuple((sender, body, sequence) for sender, body, sequence in value["latestChatter"])
            identity = _headers(message)[CORRELATION_HEADER].decode()
            self._history.blocks.append(Block(identity, value["conversationKey"], chatter, now))
        else:
            headers = _headers(message)
            self._history.dead_letters.append(
                DeadLetter(
                    self._contract_name(headers["__connect.errors.topic"].decode()),
                    int(headers["__connect.errors.partition"]),
                    int(headers["__connect.errors.offset"]),
                    message.value(),
                )
            )

    def _contract_name(self, topic: str) -> str:
        return INPUT_TOPIC if topic == self._settings.message_topic else topic

    def _take_output(self, message: Any, now: float) -> None:
        value = orjson.loads(message.value())
        conversation, body = value["conversationKey"], value["body"]
        self._history.outputs.append(
            Output(
                message.partition(),
                message.offset(),
                conversation,
                value["conversationMsgSeq"],
                body,
                message.value(),
                now,
            )
        )
        self._readable[conversation] += 1
        self._seen.add(int(body.removeprefix("m-")))
        while self._complete_below in self._seen:
            self._seen.discard(self._complete_below)
            self._complete_below += 1


def _headers(message: Any) -> dict[str, bytes]:
    return {name: value or b"" for name, value in headers_of(message)}
