"""Which partitions are to deliver no more for now: what is in flight fits in memory, and in a commit's metadata."""

from collections.abc import Iterable

from bridge.dispatch.commits.commit_metadata import LARGEST_ENCODING
from bridge.dispatch.commits.partition_progress import PartitionProgress
from bridge.dispatch.conversations.appends import AppendWork
from bridge.dispatch.conversations.latest import LatestWork
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings

_ENCODING_ROOM = LARGEST_ENCODING * 3 // 4
_REQUESTS_IN_FLIGHT = 2_000


class FlowControl:
    """Of one assignment. What is full stays so until half of its room is free: pausing costs a new fetch."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._is_full = False
        self._crowded: set[Partition] = set()

    def full(self, progresses: Iterable[PartitionProgress], appends: AppendWork, latest: LatestWork) -> set[Partition]:
        """Given every partition's progress, and the work that their records and requests are in."""
        settings = self._settings
        share = max(appends.records / settings.records_in_flight, appends.bytes / settings.bytes_in_flight)
        self._is_full = share >= 1 or (self._is_full and share > 0.5)
        full: set[Partition] = set()
        for progress in progresses:
            partition = progress.partition
            room = _ENCODING_ROOM // 2 if partition in self._crowded else _ENCODING_ROOM
            # What comes again after a restart is in the encoding already, and can only finish when it has come.
            crowded = not progress.is_catching_up and progress.largest_encoding > room
            (self._crowded.add if crowded else self._crowded.discard)(partition)
            is_log = partition.topic == settings.log_topic
            if crowded or (self._is_full if is_log else latest.requests >= _REQUESTS_IN_FLIGHT):
                full.add(partition)
        return full
