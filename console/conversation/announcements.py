"""Says which numbers of which conversations come out of the pipeline, while somebody wants to know."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from bridge.kafka.clients import reader_config
from bridge.kafka.errors import describe_kafka_error
from bridge.kafka.headers import headers_of
from chat_tasks.conversation.routing import partition_of
from chat_tasks.errors import ChatTasksError, DependencyUnavailable, InvalidRecord
from chat_tasks.settings import Settings
from console.calls import call

TICKET = "chat.console_ticket"
_SECONDS = 5.0
_MESSAGES_AT_ONCE = 1000


@dataclass(slots=True)
class Subscription:
    """What somebody knows of a conversation.

    `published` is the highest number that came out since the subscription began, -1 if none did. `tickets` has the
    numbers of those messages that the console sent and that this subscriber waits for. Used in the event loop only.
    """

    conversation_key: str
    published: int = -1
    tickets: dict[str, int] = field(default_factory=dict)
    ticket: str | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def announce(self, sequence: int, ticket: str | None) -> None:
        """Take note of a published message."""
        self.published = max(self.published, sequence)
        if ticket is not None and ticket == self.ticket:
            self.tickets[ticket] = sequence
        self._changed.set()

    async def changed(self, seconds: float) -> bool:
        """Wait until more was published; returns whether that was so in this time."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        self._changed.clear()
        return True


class Announcements:
    """Reads those partitions of `instant_message_out` in which somebody follows a conversation, from now on.

    The watch owns it. `follow` is used in the event loop; the consumer lives in a thread of its own, and only while
    somebody follows. A record of another conversation costs a look at its key. Invariant: a partition is read from its
    end before `follow` returns, so rows that are read afterwards and announcements leave nothing out between them.
    """

    def __init__(self, settings: Settings, output_partitions: Callable[[], int]) -> None:
        """`output_partitions` tells over how many partitions conversations are spread; it may block, and raise."""
        self._settings = settings
        self._output_partitions = output_partitions
        self._lock = threading.Lock()
        self._followed: dict[bytes, list[Subscription]] = {}
        self._reader: _Reader | None = None

    @contextmanager
    def follow(self, conversation_key: str, ticket: str | None = None) -> Iterator[Subscription]:
        """Follow a conversation within the block. `begun` has to be awaited before rows are read."""
        key = conversation_key.encode()
        subscription = Subscription(conversation_key, ticket=ticket)
        with self._lock:
            self._followed.setdefault(key, []).append(subscription)
            if self._reader is None:
                self._reader = _Reader(
                    self._settings, self._output_partitions, self._followed, self._lock, asyncio.get_running_loop()
                )
                self._reader.start()
        try:
            yield subscription
        finally:
            with self._lock:
                self._followed[key].remove(subscription)
                if not self._followed[key]:
                    del self._followed[key]
                if not self._followed and self._reader is not None:
                    self._reader.stop()
                    self._reader = None

    async def begun(self, subscription: Subscription) -> None:
        """Return once the conversation's partition is read. Raises `DependencyUnavailable`."""
        reader = self._reader
        assert reader is not None
        await call(lambda: reader.wait_for(subscription.conversation_key.encode()), "Kafka")


class _Reader:
    """The consumer, in its thread; ends with the last follower."""

    def __init__(
        self,
        settings: Settings,
        output_partitions: Callable[[], int],
        followed: dict[bytes, list[Subscription]],
        lock: threading.Lock,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._settings = settings
        self._output_partitions = output_partitions
        self._partitions: int | None = None
        self._followed = followed
        self._lock = lock
        self._loop = loop
        self._assigned: set[int] = set()
        self._progress = threading.Condition()
        self._failure: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="announcements", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def wait_for(self, key: bytes) -> None:
        """Block until the partition of the key is read. Raises `DependencyUnavailable`."""

        def is_read() -> bool:
            return self._partitions is not None and partition_of(key, self._partitions) in self._assigned

        with self._progress:
            there = self._progress.wait_for(is_read, 3 * _SECONDS)
        if not there:
            raise DependencyUnavailable(self._failure or "Kafka does not answer")

    def _run(self) -> None:
        consumer = Consumer(reader_config(self._settings, "chat-reader"))
        try:
            while not self._stop.is_set():
                try:
                    self._assign(consumer)
                except (KafkaException, ChatTasksError) as error:
                    is_ours = isinstance(error, ChatTasksError)
                    self._failure = str(error) if is_ours else describe_kafka_error(error, consumer)
                    self._stop.wait(1.0)
                    continue
                for message in consumer.consume(_MESSAGES_AT_ONCE, 0.1):
                    self._take(message)
        finally:
            consumer.close()

    def _assign(self, consumer: Consumer) -> None:
        """Read the partitions of all followed conversations, each from its end."""
        if self._partitions is None:
            self._partitions = self._output_partitions()
        with self._lock:
            wanted = {partition_of(key, self._partitions) for key in self._followed}
        topic = self._settings.output_topic
        for number in wanted - self._assigned:
            _, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_SECONDS)
            consumer.incremental_assign([TopicPartition(topic, number, end)])
            with self._progress:
                self._assigned.add(number)
                self._progress.notify_all()
        if unwanted := self._assigned - wanted:
            consumer.incremental_unassign([TopicPartition(topic, number) for number in unwanted])
            self._assigned -= unwanted

    def _take(self, message: Any) -> None:
        error = message.error()
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name for it
                self._failure = describe_kafka_error(error)
            return
        with self._lock:
            followers = list(self._followed.get(message.key() or b"", ()))
        if not followers:
            return
        if (announcement := announcement_of(message)) is not None:
            for follower in followers:
                self._loop.call_soon_threadsafe(follower.announce, *announcement)


def announcement_of(message: Any) -> tuple[int, str | None] | None:
    """The number of a published message, and the ticket in its headers; None if the record is no message.

    Any sender can give a message a header of that name, whatever its value.
    """
    try:
        sequence = int(orjson.loads(message.value())["conversationMsgSeq"])
        ticket = dict(headers_of(message)).get(TICKET)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, InvalidRecord):
        return None
    return sequence, None if ticket is None else ticket.decode(errors="replace")
