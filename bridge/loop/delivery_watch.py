"""Whether records that wait are delivered, as Kafka sees it: a consumer that has stopped to fetch says nothing.

Nor does one that has lost its place in the group unawares: after its broker was killed one was met that polled on for
minutes, while others had its partitions.
"""

import threading
import time
from collections.abc import Callable, Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from bridge.kafka.clients import reader_config
from bridge.kafka.transaction import Partition
from bridge.loop.events import Failed
from bridge.loop.stall_detector import StallDetector
from chat_tasks.errors import LoopStalled
from chat_tasks.settings import Settings

_SECONDS = 5.0
_LONGEST_TIMEOUT = 10.0


class DeliveryWatch:
    """Compares in a thread how far we are with how far Kafka is; posts `Failed` where a partition does not move."""

    def __init__(
        self, settings: Settings, positions: Callable[[], Mapping[Partition, int]], post: Callable[[object], None]
    ) -> None:
        """`positions` are those before which nothing is undelivered, of the partitions that should move."""
        self._settings = settings
        # Nothing slow can be the reason, so it takes less patience than other stalls.
        self._timeout = min(_LONGEST_TIMEOUT, settings.stall_timeout)
        self._positions = positions
        self._post = post
        self._detectors: dict[Partition, StallDetector] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)

    def start(self) -> None:
        """Returns at once."""
        self._thread.start()

    def close(self) -> None:
        """Stop soon."""
        self._stopping.set()

    def _run(self) -> None:
        # It joins no group, so its name for one is never seen by anybody.
        consumer = Consumer(reader_config(self._settings, "delivery-watch"))
        try:
            self._watch(consumer)
        finally:
            consumer.close()

    def _watch(self, consumer: Consumer) -> None:
        while not self._stopping.wait(self._timeout / 4):
            positions = self._positions()
            try:
                # Up to where a `read_committed` consumer is given records: what lies behind an open transaction is not
                # late. Not by an `AdminClient`: librdkafka may abort the process where a broker goes away meanwhile
                # (issue 4605).
                ends = {
                    partition: consumer.get_watermark_offsets(TopicPartition(*partition), timeout=_SECONDS)[1]
                    for partition in positions
                }
            except KafkaException:
                self._detectors.clear()
                continue
            if stalled := self._stalled(time.monotonic(), positions, ends):
                where = ", ".join(
                    f"{topic}[{number}] from {positions[Partition(topic, number)]} to {ends[Partition(topic, number)]}"
                    for topic, number in sorted(stalled)
                )
                message = f"no record was delivered for {self._timeout:g} seconds though some wait: {where}"
                self._post(Failed(LoopStalled(message)))
                return

    def _stalled(
        self, now: float, positions: Mapping[Partition, int], ends: Mapping[Partition, int]
    ) -> list[Partition]:
        self._detectors = {
            partition: self._detectors.get(partition) or StallDetector(self._timeout) for partition in positions
        }
        return [
            partition
            for partition, position in positions.items()
            if self._detectors[partition].observe(
                now, position, has_work=position < ends[partition], servers_answer=True
            )
        ]
