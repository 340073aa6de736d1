"""Whether a member of a group still is one: Kafka confirms that whenever it takes an offset of the member.

librdkafka may lose its place in the group without an error. After its broker was killed, one consumer polled on for
minutes, with no error and no records, while its group had given its partitions to others. So a member that has
committed nothing for a while commits its last commit again. The group's coordinator refuses a commit from a member
whose generation is over. (The group's description says as much. But librdkafka may abort the process if the coordinator
goes away during that call: its issue 4605.)
"""

from collections.abc import Mapping
from enum import Enum, auto

from bridge.kafka.assignment import Committed
from bridge.kafka.transaction import CommittedOffset, Partition, Transaction

_SILENT_SECONDS = 3.0
_JOINING_SECONDS = 60.0


class MemberState(Enum):
    """Which step a member has reached between joining and owning partitions.

    - JOINING: the member owns nothing, and the group has to give an assignment.
    - PREPARING: the group gave an assignment. Its offsets are read, and servers are asked for what it begins with.
    - RUNNING: the member owns its partitions, until the group revokes them or the loop ends.
    """

    JOINING = auto()
    PREPARING = auto()
    RUNNING = auto()


class Membership:
    """The state of a member of a group, and the proof that the group still counts it as a member.

    The `Loop` owns the membership, and drops it with itself. `joined` is called in the poller's thread, every other
    method in the loop's thread. Invariant: `proof` returns an offset only of a partition that the member owns, and only
    the offset that was committed last. Times are seconds of any monotonic clock. No method raises; a failed proof shows
    as a failed transaction.
    """

    def __init__(self, now: float) -> None:
        self.state = MemberState.JOINING
        self._joining_since = now
        self._committed: CommittedOffset | None = None
        self._committed_at = now

    def joined(self) -> None:
        """Take note that the group gave an assignment; called in the poller's thread."""
        self.state = MemberState.PREPARING

    def assigned(self, partitions: Mapping[Partition, Committed], now: float) -> None:
        """Take note of the owned partitions, with the offsets that the group holds."""
        self.state = MemberState.RUNNING
        owned = min(partitions, default=None)
        self._committed = owned and partitions[owned].commit(owned)
        self._committed_at = now

    def revoked(self, now: float) -> None:
        """Take note that the member owns nothing, until the group gives the next assignment."""
        self.state = MemberState.JOINING
        self._joining_since = now
        self._committed = None

    def committed(self, transaction: Transaction, now: float) -> None:
        """Take note that the transaction was committed, which proves that the member still was one."""
        self._committed_at = now
        for one in transaction.offsets:
            if self._committed is not None and one.partition == self._committed.partition:
                self._committed = one

    def proof(self, now: float) -> Transaction | None:
        """The transaction that proves the membership, or None if a commit of the last three seconds has proved it."""
        if self._committed is None or now - self._committed_at < _SILENT_SECONDS:
            return None
        return Transaction(outputs=(), offsets=(self._committed,))

    def is_forgotten(self, now: float) -> bool:
        """Whether the group has given no assignment for a minute, not even an empty one."""
        return self.state is MemberState.JOINING and now - self._joining_since >= _JOINING_SECONDS
