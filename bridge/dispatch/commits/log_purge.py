"""How far the log may be purged, and which horizons have to be stored among the rows before that."""

from collections.abc import Mapping

from bridge.dispatch.commits.checkpoints import Checkpoints, Era
from bridge.dispatch.commits.partition_progress import PartitionProgress
from bridge.dispatch.commits.replay import PartitionState
from bridge.kafka.transaction import CommittedOffset, Partition


class LogPurge:
    """The horizons of one assignment, from a commit until the records below it may be purged.

    `AssignmentState` owns it with `progress` and `commits`, uses it in the loop's thread, and drops it with itself.
    `checkpoints` outlive it. Invariant: an offset is purgeable only after its horizon was stored among the rows, and
    is durable from then on. Times are seconds of a monotonic clock. No method raises.
    """

    def __init__(
        self,
        log_topic: str,
        era: Era,
        checkpoints: Checkpoints,
        progress: Mapping[tuple[str, int], PartitionProgress],
        commits: Mapping[Partition, CommittedOffset],
    ) -> None:
        """Begin with an assignment; `commits` are what the group holds of each partition, always those of now."""
        self._log_topic = log_topic
        self._era = era
        self._checkpoints = checkpoints
        self._progress = progress
        self._commits = commits
        self._stored: dict[int, int] = {}

    def horizons(self) -> Mapping[int, int]:
        """The horizons to store: the offsets below which all rows are stored, by partition, if they are new."""
        return {
            partition.number: commit.offset
            for partition, commit in self._commits.items()
            if partition.topic == self._log_topic
            and self._progress[partition].state is PartitionState.RUNNING
            and commit.offset > self._stored.get(partition.number, 0)
        }

    def horizons_stored(self, horizons: Mapping[int, int], now: float) -> None:
        """Take note that these horizons are stored."""
        self._stored.update(horizons)
        for number, offset in horizons.items():
            self._checkpoints.committed(Partition(self._log_topic, number), offset, self._era, now)

    def purgeable(self, before: float) -> Mapping[Partition, int]:
        """The new offsets up to which the log may be purged: horizons stored before the time `before` are safe.

        The next commits call these offsets durable.
        """
        at_rest = [
            progress.partition for progress in self._progress.values() if progress.state is not PartitionState.REPLAYING
        ]
        found = self._checkpoints.purgeable(at_rest, self._era, before)
        # An operator may have set the group back meanwhile.
        purgeable = {partition: min(offset, self._commits[partition].offset) for partition, offset in found.items()}
        for partition, offset in purgeable.items():
            self._progress[partition].make_durable(offset)
        return purgeable
