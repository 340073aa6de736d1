"""When each offset of the log was committed: records below an offset may be purged some time after its commit."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.kafka.transaction import Partition

_MOST_CHECKPOINTS = 10_000


class Era(NamedTuple):
    """A log and a digest of the nodes' generations: what is known of rows holds within one era.

    An era lasts from one start of a Cassandra node to the next.
    """

    log_id: str
    digest: str


@dataclass(slots=True)
class _History:
    """The commits of one partition in one era: pairs of time and offset, oldest first."""

    era: Era
    commits: deque[tuple[float, int]] = field(default_factory=deque)


class Checkpoints:
    """The commits of this process, by partition, each with its time.

    `ProcessState` owns the checkpoints, and they live as long as the process: a commit stays true when its partition
    gets another owner. They are used in the loop's thread. Invariant: the commits of a partition are of one era. In
    another era the rows were written again, by this process or another, so the old times say nothing of them; a commit
    of a new era drops the old commits. At most ten thousand commits are kept for a partition. Times are seconds of a
    monotonic clock. No method raises.
    """

    def __init__(self) -> None:
        self._of: dict[Partition, _History] = {}

    def committed(self, partition: Partition, offset: int, era: Era, now: float) -> None:
        """Note a commit: every row of the records before `offset` was written in this era, before the time `now`."""
        if not self._has(partition, era):
            self._of[partition] = _History(era)
        history = self._of[partition]
        history.commits.append((now, offset))
        if len(history.commits) > _MOST_CHECKPOINTS:
            # Every second commit is dropped. The older of two neighbours is kept: it purges less, and is as safe.
            history.commits = deque(list(history.commits)[::2])

    def purgeable(self, partitions: Iterable[Partition], era: Era, before: float) -> Mapping[Partition, int]:
        """The newest offset that was committed in this era before the time `before`, for each partition with news.

        A partition has news if such a commit was not returned by an earlier call.
        """
        found: dict[Partition, int] = {}
        for partition in partitions:
            if not self._has(partition, era):
                continue
            history = self._of[partition]
            while history.commits and history.commits[0][0] <= before:
                _, found[partition] = history.commits.popleft()
        return found

    def _has(self, partition: Partition, era: Era) -> bool:
        history = self._of.get(partition)
        return history is not None and history.era == era
