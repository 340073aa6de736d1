"""When which offset of the log was committed: what lies before one that was committed long enough ago may be purged."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.transaction import Partition

_MOST_CHECKPOINTS = 10_000


@dataclass(slots=True)
class _History:
    digest: str
    commits: deque[tuple[float, int]] = field(default_factory=deque)


class Checkpoints:
    """Outlives assignments: a commit stays what it is, whoever owns the partition next.

    The rows before it are as old as the commit only under one digest of the Cassandra nodes' start times: under another
    they have been written again meanwhile, by this process or another one. Times are seconds of a monotonic clock.
    """

    def __init__(self) -> None:
        self._of: dict[Partition, _History] = {}

    def committed(self, partition: Partition, offset: int, digest: str, now: float) -> None:
        """Everything before `offset` was written under `digest`, `now` at the latest."""
        history = self._of.get(partition)
        if history is None or history.digest != digest:
            history = self._of[partition] = _History(digest)
        history.commits.append((now, offset))
        if len(history.commits) > _MOST_CHECKPOINTS:
            # Of two neighbours the older one purges less, and is as safe.
            history.commits = deque(list(history.commits)[::2])

    def have(self, partition: Partition, digest: str) -> bool:
        """Whether anything of it is known to be written under that digest."""
        history = self._of.get(partition)
        return history is not None and history.digest == digest

    def purgeable(self, partitions: Iterable[Partition], digest: str, before: float) -> Mapping[Partition, int]:
        """Where there is news since the last call, the newest offset that was committed by then, and under `digest`."""
        found: dict[Partition, int] = {}
        for partition in partitions:
            if not self.have(partition, digest):
                continue
            history = self._of[partition]
            while history.commits and history.commits[0][0] <= before:
                _, found[partition] = history.commits.popleft()
        return found
