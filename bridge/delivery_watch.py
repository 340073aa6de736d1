"""Whether records that wait are delivered, as Kafka sees it: a consumer that has stopped to fetch says nothing."""

import threading
import time
from collections.abc import Callable, Collection, Mapping

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bridge.clients import base_config, describe
from bridge.events import Failed
from bridge.stall_detector import StallDetector
from bridge.transaction import Partition
from chat_tasks.errors import DependencyUnavailable, LoopStalled
from chat_tasks.settings import Settings

_SECONDS = 10.0
_LONGEST_INTERVAL_SECONDS = 5.0


def committed_ends(admin: AdminClient, partitions: Collection[Partition]) -> dict[Partition, int]:
    """Up to where a `read_committed` consumer is given records; blocks. Raises `DependencyUnavailable`.

    A transaction that is still open ends it: what lies behind is not late.
    """
    if not partitions:
        return {}
    asked = admin.list_offsets(
        {
            TopicPartition(*partition): OffsetSpec.latest()  # type: ignore[no-untyped-call]
            for partition in partitions
        },
        isolation_level=IsolationLevel.READ_COMMITTED,
        request_timeout=_SECONDS,
    )
    try:
        return {Partition(one.topic, one.partition): future.result(_SECONDS).offset for one, future in asked.items()}
    except (KafkaException, TimeoutError) as error:
        raise DependencyUnavailable(describe(error)) from error


class DeliveryWatch:
    """Compares in a thread how far we are with how far Kafka is; posts `Failed` where a partition does not move."""

    def __init__(
        self, settings: Settings, positions: Callable[[], Mapping[Partition, int]], post: Callable[[object], None]
    ) -> None:
        """`positions` are those before which nothing is undelivered, of the partitions that should move."""
        self._settings = settings
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
        admin = AdminClient(base_config(self._settings))
        timeout = self._settings.stall_timeout
        while not self._stopping.wait(min(_LONGEST_INTERVAL_SECONDS, timeout / 4)):
            positions = self._positions()
            try:
                ends = committed_ends(admin, positions)
            except DependencyUnavailable:
                self._detectors.clear()
                continue
            if stalled := self._stalled(time.monotonic(), positions, ends):
                where = ", ".join(
                    f"{topic}[{number}] from {positions[Partition(topic, number)]} to {ends[Partition(topic, number)]}"
                    for topic, number in sorted(stalled)
                )
                self._post(
                    Failed(LoopStalled(f"no record was delivered for {timeout:g} seconds though some wait: {where}"))
                )
                return

    def _stalled(
        self, now: float, positions: Mapping[Partition, int], ends: Mapping[Partition, int]
    ) -> list[Partition]:
        self._detectors = {
            partition: self._detectors.get(partition) or StallDetector(self._settings.stall_timeout)
            for partition in positions
        }
        return [
            partition
            for partition, position in positions.items()
            if self._detectors[partition].observe(
                now, position, has_work=position < ends[partition], servers_answer=True
            )
        ]
