"""The heads that an assignment hands on to the next one of the same process, of this loop or the one after it."""

from collections.abc import Mapping

from bridge.dispatch.heads.partition_heads import PartitionHeads
from bridge.kafka.transaction import CommittedOffset

_HEADS = 1_000_000


class KeptHeads:
    """Each partition's, as of the last commit to it.

    If the group still holds that very commit, offset and metadata, nobody else has published anything since but letters
    of released conversations, whose offsets were finished before. The head of such a conversation is not among these:
    it was forgotten when the conversation was quarantined, and the letter that came of it changed the commit.
    """

    def __init__(self, log_id: str = "", heads: Mapping[CommittedOffset, PartitionHeads] | None = None) -> None:
        """`log_id` is that of the log whose offsets these are."""
        self._log_id = log_id
        self._heads = heads or {}

    def begin(self, log_id: str, commit: CommittedOffset, log_partitions: int, *, replay: bool) -> PartitionHeads:
        """The heads to begin with where the group holds this commit, with a replay or without."""
        heads = self._heads.get(commit) if log_id == self._log_id else None
        if heads is None:
            heads = PartitionHeads(_HEADS // log_partitions)
        heads.begin(replay=replay)
        return heads
