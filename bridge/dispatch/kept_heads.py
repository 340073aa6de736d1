"""The heads that an assignment hands on to the next one of the same process, of this loop or the one after it."""

from collections.abc import Mapping

from bridge.dispatch.partition_heads import PartitionHeads
from bridge.transaction import CommittedOffset

_HEADS = 1_000_000


class KeptHeads:
    """Each partition's, as of the last commit to it.

    Where the group still holds that very commit, offset and metadata, nobody else has published anything since but the
    letters of released conversations, whose offsets were finished before. Those conversations are in the table of the
    quarantined for as long as the replay window after their release, and so known to whoever begins: after that time
    these heads are not to be trusted any more.
    """

    def __init__(
        self, log_id: str = "", heads: Mapping[CommittedOffset, PartitionHeads] | None = None, at: float = 0.0
    ) -> None:
        """`log_id` is that of the log whose offsets these are.

        `at` is a time, in seconds of a monotonic clock, before which nobody else had these partitions.
        """
        self._log_id = log_id
        self._heads = heads or {}
        self._at = at

    def unless_older(self, window: float, now: float) -> "KeptHeads":
        """These, or none where they are as old as the replay window."""
        return self if not self._heads or now - self._at < window else KeptHeads()

    def begin(self, log_id: str, commit: CommittedOffset, log_partitions: int, *, replay: bool) -> PartitionHeads:
        """The heads to begin with where the group holds this commit, with a replay or without."""
        heads = self._heads.get(commit) if log_id == self._log_id else None
        if heads is None:
            heads = PartitionHeads(_HEADS // log_partitions)
        heads.begin(replay=replay)
        return heads
