"""Whether waiting records are delivered, as Kafka sees it.

A consumer that has stopped to fetch reports nothing. A consumer that has lost its place in the group unawares reports
nothing either: after its broker was killed, one consumer polled on for minutes while others had its partitions.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import Consumer, KafkaException, TopicPartition

from bridge.kafka.clients import reader_config
from bridge.kafka.reading.offsets import Bounds
from bridge.kafka.reading.open_transactions import OpenTransaction
from bridge.kafka.transaction import Partition
from bridge.loop.delivery.held_back import HeldBack
from bridge.loop.events import Failed
from bridge.loop.stall_detector import StallDetector
from chat_tasks.errors import LoopStalled
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

_SECONDS = 5.0
_LONGEST_TIMEOUT = 10.0


class DeliveryWatch:
    """Compares how far the consumer is with how far Kafka is, and posts `Failed` if a partition does not move.

    The `Loop` owns the watch, and closes it when the loop ends. The comparison runs in a thread of its own, with a
    consumer that joins no group. A partition has stalled if one record waits at the same position for the whole
    timeout, and Kafka answered every time. If Kafka does not answer, the watch starts to count anew. A partition that
    an open transaction holds back has not stalled, and is logged. The watch raises nothing to its owner: it posts one
    `Failed`, with `LoopStalled` or its own unexpected error, and its thread ends.

    `bounds` are those of all partitions owned, as Kafka said last. Any thread may read them.
    """

    def __init__(
        self,
        settings: Settings,
        positions: Callable[[], Mapping[Partition, int]],
        delivered: Callable[[], Mapping[Partition, int]],
        ends: Callable[[], Mapping[Partition, int]],
        post: Callable[[object], None],
    ) -> None:
        """Make a watch; `start` begins it.

        `positions` returns, for each partition that should move, the offset before which every record was delivered.
        `delivered` returns that for all owned partitions, `ends` how far these go, open transactions included.
        """
        self._settings = settings
        # No slow server can cause this stall, so the watch waits less long than the loop waits for other stalls.
        self.timeout = min(_LONGEST_TIMEOUT, settings.stall_timeout)
        self._positions = positions
        self._delivered = delivered
        self._ends = ends
        self._post = post
        self._detectors: dict[Partition, StallDetector] = {}
        self._held_back = HeldBack()
        self.bounds: Mapping[Partition, Bounds] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def standstill(self, now: float) -> float:
        """For how many seconds Kafka has had a record that it does not deliver; called in any thread."""
        return max((one.standstill(now) for one in list(self._detectors.values())), default=0.0)

    @property
    def held_back(self) -> Sequence[OpenTransaction]:
        """The open transactions that hold a partition back; called in any thread."""
        return self._held_back.named

    def close(self) -> None:
        """Stop the thread soon; returns at once."""
        self._stopping.set()

    def _run(self) -> None:
        try:
            # The consumer joins no group, so nobody ever sees the name of this group.
            consumer = Consumer(reader_config(self._settings, "delivery-watch"))
            try:
                self._watch(consumer)
            finally:
                consumer.close()
        except Exception as error:  # noqa: BLE001 - whatever it is, the loop must hear of it: nobody watches any more
            self._post(Failed(error))

    def _watch(self, consumer: Consumer) -> None:
        while not self._stopping.wait(self.timeout / 4):
            positions, owned = self._positions(), self._delivered()
            try:
                # The high watermark of a `read_committed` consumer: records behind an open transaction are not late. An
                # `AdminClient` is no choice: librdkafka may abort the process if a broker goes away during the call
                # (librdkafka's issue 4605).
                bounds = {
                    partition: Bounds(*consumer.get_watermark_offsets(TopicPartition(*partition), timeout=_SECONDS))
                    for partition in owned.keys() | positions.keys()
                }
            except KafkaException:
                self._detectors = {}
                continue
            self.bounds = bounds
            ends = {partition: bounds[partition].end for partition in positions}
            now = time.monotonic()
            for line in self._held_back.observe(now, ends, self._ends()):
                logger.warning(
                    "%s",
                    line.text,
                    extra={
                        "event": line.event,
                        "topic": line.partition.topic,
                        "partition": line.partition.number,
                        "offset": line.offset,
                    },
                )
            if stalled := self._stalled(now, positions, ends):
                where = ", ".join(
                    f"{topic}[{number}] from {positions[Partition(topic, number)]} to {ends[Partition(topic, number)]}"
                    for topic, number in sorted(stalled)
                )
                message = f"no record was delivered for {self.timeout:g} seconds though some wait: {where}"
                self._post(Failed(LoopStalled(message)))
                return

    def _stalled(
        self, now: float, positions: Mapping[Partition, int], ends: Mapping[Partition, int]
    ) -> list[Partition]:
        self._detectors = {
            partition: self._detectors.get(partition) or StallDetector(self.timeout) for partition in positions
        }
        return [
            partition
            for partition, position in positions.items()
            if self._detectors[partition].observe(
                now, position, has_work=position < ends[partition], servers_answer=True
            )
        ]
