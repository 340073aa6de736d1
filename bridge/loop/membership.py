"""Whether a member of a group still is one: Kafka says so whenever it takes an offset of ours.

librdkafka may lose its place without a word: after its broker was killed a consumer was met that polled on for minutes,
with no error and no records, while its group had given its partitions to others. A member that commits nothing for a
while therefore commits again what it committed last. The group's coordinator refuses that from anybody whose generation
is over. (Asking for the group's description says as much, but librdkafka may abort the process where the coordinator
goes away meanwhile: its issue 4605.)
"""

from collections.abc import Mapping
from enum import Enum, auto

from bridge.kafka.assignment import Committed
from bridge.kafka.transaction import CommittedOffset, Partition, Transaction

_SILENT_SECONDS = 3.0
_JOINING_SECONDS = 60.0


class MemberState(Enum):
    """Where a member is between two assignments.

    - JOINING: nothing is ours: the group has to give an assignment.
    - PREPARING: the group gave one. Its offsets are read, and servers are asked for what it begins with.
    - RUNNING: the partitions are ours, until the group revokes them or the loop ends.
    """

    JOINING = auto()
    PREPARING = auto()
    RUNNING = auto()


class Membership:
    """The state of a member of a group; when it has to prove that it still is one, and by which offset.

    Owned by the `Loop`, and dropped with it. Times are seconds of any monotonic clock.
    """

    def __init__(self, now: float) -> None:
        self.state = MemberState.JOINING
        self._joining_since = now
        self._committed: CommittedOffset | None = None
        self._committed_at = now

    def joined(self) -> None:
        """The group gave an assignment; called in the poller's thread."""
        self.state = MemberState.PREPARING

    def assigned(self, partitions: Mapping[Partition, Committed], now: float) -> None:
        """These are ours, with the offsets that the group holds."""
        self.state = MemberState.RUNNING
        owned = min(partitions, default=None)
        self._committed = owned and partitions[owned].commit(owned)
        self._committed_at = now

    def revoked(self, now: float) -> None:
        """Nothing is ours, until the group gives the next assignment."""
        self.state = MemberState.JOINING
        self._joining_since = now
        self._committed = None

    def committed(self, transaction: Transaction, now: float) -> None:
        """That transaction was committed, so the member still was one."""
        self._committed_at = now
        for one in transaction.offsets:
            if self._committed is not None and one.partition == self._committed.partition:
                self._committed = one

    def proof(self, now: float) -> Transaction | None:
        """What to commit now, where nothing else is and nothing was for three seconds."""
        if self._committed is None or now - self._committed_at < _SILENT_SECONDS:
            return None
        return Transaction(outputs=(), offsets=(self._committed,))

    def is_forgotten(self, now: float) -> bool:
        """Whether the group has given no assignment for a minute, not even one of nothing."""
        return self.state is MemberState.JOINING and now - self._joining_since >= _JOINING_SECONDS
