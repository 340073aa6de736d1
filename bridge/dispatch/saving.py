"""Which conversations there have been is saved, and only records from before that may be purged from the log."""

from collections.abc import Mapping

from bridge.dispatch.checkpoints import Checkpoints, Era
from bridge.dispatch.known_conversations import Unsaved
from bridge.dispatch.partition_heads import PartitionHeads
from bridge.dispatch.partition_progress import PartitionProgress
from bridge.transaction import CommittedOffset, Partition


class Saving:
    """Of one assignment. Each mapping is by partition of the log, and changes under its owner's hands."""

    def __init__(
        self,
        progress: Mapping[tuple[str, int], PartitionProgress],
        commits: Mapping[Partition, CommittedOffset],
        heads: Mapping[Partition, PartitionHeads],
        checkpoints: Checkpoints,
        era: Era,
    ) -> None:
        """`era` is that of now."""
        self._progress = progress
        self._commits = commits
        self._heads = heads
        self._checkpoints = checkpoints
        self._era = era

    def committed(self, partition: Partition, now: float) -> None:
        """Where no conversations are known nothing has to be saved of them."""
        if self._heads[partition].known is None and self._progress[partition].is_known_to_be_written:
            self._checkpoints.committed(partition, self._commits[partition].offset, self._era, now)

    def note_delivered(self) -> None:
        """What was delivered so far has been met."""
        for partition, heads in self._heads.items():
            if heads.known is not None:
                heads.known.delivered(self._progress[partition].delivered)

    def is_urgent(self) -> bool:
        """Whether nothing is saved yet since a replay has ended, or since this process has begun.

        Until then the log keeps everything, whatever becomes of the nodes.
        """
        return any(
            heads.known is not None
            and self._progress[partition].is_known_to_be_written
            and not self._checkpoints.have(partition, self._era)
            for partition, heads in self._heads.items()
        )

    def unsaved(self) -> dict[int, Unsaved]:
        """What is to be saved now, by the partition's number."""
        self.note_delivered()
        found: dict[int, Unsaved] = {}
        for partition, heads in self._heads.items():
            if heads.known is not None:
                digest = self._progress[partition].committed_digest
                if (unsaved := heads.known.unsaved(self._commits[partition].offset, digest)) is not None:
                    found[partition.number] = unsaved
        return found

    def saved(self, unsaved: Mapping[int, Unsaved], now: float) -> None:
        """It is acknowledged; `now` is no earlier."""
        for partition, heads in self._heads.items():
            if heads.known is not None and (one := unsaved.get(partition.number)) is not None:
                heads.known.saved(one)
                if one.digest == self._era.digest:
                    offset = min(one.committed, one.conversations.offset)
                    self._checkpoints.committed(partition, offset, self._era, now)
