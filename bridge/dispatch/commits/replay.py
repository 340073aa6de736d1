"""The replay of a partition: published records are written again, because a Cassandra node has started.

A node that was killed may have forgotten rows of these records.
"""

from enum import Enum, auto


class PartitionState(Enum):
    """The state of a partition's replay; an assignment begins with REPLAYING or RUNNING.

    - REPLAYING: published records are written again, from the durable offset to the last one that was delivered before.
    - REPLAYED: all of these records are written, and the group does not know that yet.
    - RUNNING: the group knows that everything before its offset is written under today's digest.
    """

    REPLAYING = auto()
    REPLAYED = auto()
    RUNNING = auto()


class Replay:
    """The replay of one partition during one assignment.

    `PartitionProgress` owns the replay, uses it in the loop's thread, and drops it with itself. The replay ends when
    the log is read to `end` and every record that came again is written. Invariant: a commit carries today's digest
    only after that. A replay that is cut short leaves nothing: the next assignment begins anew at the durable offset. A
    digest is that of the nodes' generations (`commit_metadata.py`). No method raises.
    """

    def __init__(self, end: int, committed_digest: str, digest: str) -> None:
        """Begin a replay if the two digests differ.

        Records before the offset `end` were delivered before; `committed_digest` is what the group holds.
        """
        self._end = end
        self._digest = digest
        self._sent_digest = self._committed_digest = committed_digest
        self.is_read = committed_digest == digest
        self._unwritten = 0
        self.is_under_way = committed_digest != digest

    @property
    def state(self) -> PartitionState:
        """The partition's state."""
        if self.is_under_way:
            return PartitionState.REPLAYING
        return PartitionState.RUNNING if self._committed_digest == self._digest else PartitionState.REPLAYED

    def delivered(self) -> None:
        """Count a record that has to be written again. Must be called before `read_to` reaches the record's end."""
        self._unwritten += 1

    def read_to(self, offset: int) -> None:
        """Take note that every record before the offset was delivered in this assignment."""
        self.is_read = self.is_read or offset >= self._end
        self._end_if_done()

    def written(self) -> None:
        """Count a record that was written again."""
        self._unwritten -= 1
        self._end_if_done()

    def digest_to_commit(self) -> str:
        """The digest that the next commit may carry."""
        if not self.is_under_way:
            self._sent_digest = self._digest
        return self._sent_digest

    def committed(self) -> None:
        """Take note that the last commit succeeded."""
        self._committed_digest = self._sent_digest

    def _end_if_done(self) -> None:
        if self.is_read and not self._unwritten:
            self.is_under_way = False
