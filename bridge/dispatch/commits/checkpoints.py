"""When which offset of the log was committed: what lies before one that was committed long enough ago may be purged."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bridge.kafka.transaction import Partition

_MOST_CHECKPOINTS = 10_000


class Era(NamedTuple):
    """Of one log, and from one start of a Cassandra node to the next: what is known of one holds in no other.

    `digest` is that of the nodes' start times.
    """

    log_id: str
    digest: str


@dataclass(slots=True)
class _History:
    era: Era
    commits: deque[tuple[float, int]] = field(default_factory=deque)


class Checkpoints:
    """Outlives assignments: a commit stays what it is, whoever owns the partition next.

    The rows before it are as old as the commit only in one era: in another they have been written again meanwhile, by
    this process or another one. Times are seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self._of: dict[Partition, _History] = {}

    def committed(self, partition: Partition, offset: int, era: Era, now: float) -> None:
        """Everything before `offset` was written in that era, `now` at the latest."""
        if not self._has(partition, era):
            self._of[partition] = _History(era)
        history = self._of[partition]
        history.commits.append((now, offset))
        if len(history.commits) > _MOST_CHECKPOINTS:
            # Of two neighbours the older one purges less, and is as safe.
            history.commits = deque(list(history.commits)[::2])

    def purgeable(self, partitions: Iterable[Partition], era: Era, before: float) -> Mapping[Partition, int]:
        """Where there is news since the last call, the newest offset that was committed by then, and in that era."""
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
