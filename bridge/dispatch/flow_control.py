"""Pauses partitions, so that records in flight fit into memory, and unfinished offsets into a commit's metadata."""

from collections import Counter
from collections.abc import Iterable

from bridge.dispatch.commits.commit_metadata import LARGEST_ENCODING
from bridge.dispatch.commits.outbox import Outbox
from bridge.dispatch.commits.partition_progress import PartitionProgress
from bridge.dispatch.conversations.appends import AppendWork
from bridge.dispatch.conversations.latest import LatestWork
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings

_ENCODING_ROOM = LARGEST_ENCODING * 3 // 4
_REQUESTS_IN_FLIGHT = 2_000


class FlowControl:
    """Decides which partitions are to deliver no more for now.

    `AssignmentState` owns the flow control, uses it in the loop's thread, and drops it with itself. A bound that is
    reached counts as reached until half of it is free, because resuming a partition costs a new fetch. The bounds of
    records and bytes pause all partitions of the log together; what waits in the outbox counts, since Kafka may be
    slower than the workers. The bound of the metadata pauses one partition. The partitions of requests are paused by
    the bound of requests, and by those of records and bytes if the outbox alone reaches them: without the rule of the
    half. No method raises.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_full = self._has_many_requests = False
        self._crowded: set[Partition] = set()

    def full(
        self, progresses: Iterable[PartitionProgress], appends: AppendWork, latest: LatestWork, outbox: Outbox
    ) -> set[Partition]:
        """The partitions to pause, given every partition's progress, its work, and what waits to be published."""
        settings = self._settings
        share = self._share(appends.records + outbox.outputs, appends.bytes + outbox.bytes)
        self._is_full = share >= 1 or (self._is_full and share > 0.5)
        self._has_many_requests = (
            latest.requests >= _REQUESTS_IN_FLIGHT or self._share(outbox.outputs, outbox.bytes) >= 1
        )
        full: set[Partition] = set()
        for progress in progresses:
            partition = progress.partition
            room = _ENCODING_ROOM // 2 if partition in self._crowded else _ENCODING_ROOM
            # Records that come again after a restart are in the encoding already, and can only finish once they are
            # delivered.
            crowded = not progress.is_catching_up and progress.largest_encoding > room
            (self._crowded.add if crowded else self._crowded.discard)(partition)
            is_log = partition.topic == settings.log_topic
            if crowded or (self._is_full if is_log else self._has_many_requests):
                full.add(partition)
        return full

    def reasons(self, partitions: Iterable[Partition]) -> Counter[str]:
        """Why these partitions are paused, as `full` has decided last: each counts for one reason."""
        log_topic = self._settings.log_topic
        found: Counter[str] = Counter(in_flight=0, metadata=0, requests=0)
        for partition in partitions:
            if partition in self._crowded:
                found["metadata"] += 1
            elif partition.topic == log_topic:
                found["in_flight"] += self._is_full
            else:
                found["requests"] += self._has_many_requests
        return found

    def _share(self, records: int, size: int) -> float:
        return max(records / self._settings.records_in_flight, size / self._settings.bytes_in_flight)
