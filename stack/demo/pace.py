"""How fast a warm pipeline is: messages a second of a burst's second half, and latency at a steady rate."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from bridge.kafka.headers import headers_of, sent_at_of
from bridge.kafka.reading.topic_reader import TopicReader
from chat_tasks.formats.topics import InstantMessage, encode_message
from stack.errors import DemoError
from stack.percentile import percentile
from stack.pipeline.sender import new_sender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from chat_tasks.settings import Settings

_BURST = 40_000
_CONVERSATIONS = 500
_RATE = 200
_STEADY = 2_000
_PATIENCE_SECONDS = 60.0


def play_pace(settings: Settings, report: Callable[[str], None]) -> None:
    """Measure and report. Raises `DemoError` if messages do not come out."""
    arrived = _arrivals(settings, _messages("burst", _BURST), rate=None)
    half = arrived[_BURST // 2 :]
    rate = len(half) / (half[-1][0] - half[0][0])
    report(f"✓ {_BURST:,} messages at once, the second half of them: {rate:,.0f} messages/s")
    steady = _arrivals(settings, _messages("steady", _STEADY), rate=_RATE)
    latencies = sorted(latency for _, latency in steady[_STEADY // 10 :])
    middle, high = percentile(latencies, 0.5), percentile(latencies, 0.99)
    report(f"✓ {_RATE} messages/s for {_STEADY // _RATE} s, sender to reader: p50 {middle:.0f} ms, p99 {high:.0f} ms")


def _messages(prefix: str, count: int) -> Iterator[InstantMessage]:
    for number in range(count):
        yield InstantMessage(
            conversationKey=f"{prefix}-{number % _CONVERSATIONS}",
            sender="bob",
            recipients=["ann"],
            body=f"{prefix} {number}",
        )


def _arrivals(
    settings: Settings, messages: Iterator[InstantMessage], *, rate: float | None
) -> Sequence[tuple[float, float]]:
    """Send all messages, at `rate` a second or at once; for each output when it came (s) and how old it was (ms)."""
    encoded = [encode_message(message) for message in messages]
    arrived: list[tuple[float, float]] = []
    with TopicReader(settings, [settings.output_topic]) as reader:
        sender = threading.Thread(target=_send, args=(settings, encoded, rate))
        sender.start()
        for message in reader.follow(_PATIENCE_SECONDS):
            now = time.time()
            arrived.append((now, now * 1000 - int(sent_at_of(headers_of(message)))))
            if len(arrived) == len(encoded):
                break
        sender.join()
    if len(arrived) < len(encoded):
        raise DemoError(f"{len(encoded) - len(arrived)} messages did not come out within {_PATIENCE_SECONDS:.0f} s")
    return arrived


def _send(settings: Settings, values: Sequence[bytes], rate: float | None) -> None:
    producer = new_sender(settings)
    began = time.monotonic()
    for number, value in enumerate(values):
        while rate is not None and (left := began + number / rate - time.monotonic()) > 0:
            producer.poll(left)
        producer.produce(settings.message_topic, value)
        producer.poll(0)
    producer.flush(_PATIENCE_SECONDS)
