"""Writing the last of the log again after a Cassandra node has started, which may have forgotten some of it."""

from enum import Enum, auto


class PartitionState(Enum):
    """Where a partition of the log is on its way through a replay; each assignment begins in any of the three.

    - REPLAYING: published records are written again, from the durable offset to the last one that was delivered
      before.
    - REPLAYED: all of them are written, and the group does not know.
    - RUNNING: the group knows that everything before what it holds is written under today's digest.
    """

    REPLAYING = auto()
    REPLAYED = auto()
    RUNNING = auto()


class Replay:
    """The replay of one partition during one assignment. Owned by its `PartitionProgress`, in the loop's thread.

    It ends when the log is read to its end, and every record that came again is written. A digest is that of the
    nodes' start times (`commit_metadata.py`).
    """

    def __init__(self, end: int, committed_digest: str, digest: str) -> None:
        """Records before the offset `end` were delivered before; `committed_digest` is what the group holds."""
        self._end = end
        self._digest = digest
        self._sent_digest = self._committed_digest = committed_digest
        self._is_read = False
        self._unwritten = 0
        self.is_under_way = committed_digest != digest

    @property
    def state(self) -> PartitionState:
        """What remains to be done."""
        if self.is_under_way:
            return PartitionState.REPLAYING
        return PartitionState.RUNNING if self._committed_digest == self._digest else PartitionState.REPLAYED

    def delivered(self) -> None:
        """A record is to be written again. Told before `read_to` its end."""
        self._unwritten += 1

    def read_to(self, offset: int) -> None:
        """Every record before that offset was delivered in this assignment."""
        self._is_read = self._is_read or offset >= self._end
        self._end_if_done()

    def written(self) -> None:
        """One of those that are to be written again is written."""
        self._unwritten -= 1
        self._end_if_done()

    def digest_to_commit(self) -> str:
        """The digest that the next commit may carry."""
        if not self.is_under_way:
            self._sent_digest = self._digest
        return self._sent_digest

    def committed(self) -> None:
        """The last commit succeeded."""
        self._committed_digest = self._sent_digest

    def _end_if_done(self) -> None:
        if self._is_read and not self._unwritten:
            self.is_under_way = False
