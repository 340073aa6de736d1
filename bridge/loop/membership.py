"""Whether a member of a group still is one: Kafka says so whenever it takes an offset of ours.

librdkafka may lose its place without a word: after its broker was killed a consumer was met that polled on for minutes,
with no error and no records, while its group had given its partitions to others. A member that commits nothing for a
while therefore commits again what it committed last. The group's coordinator refuses that from anybody whose generation
is over. (Asking for the group's description says as much, but librdkafka may abort the process where the coordinator
goes away meanwhile: its issue 4605.)
"""

from collections.abc import Mapping

from bridge.kafka.assignment import Committed
from bridge.kafka.transaction import CommittedOffset, Partition, Transaction

_SILENT_SECONDS = 3.0
_WAITING_SECONDS = 60.0


class Membership:
    """When to prove it, and by which offset. Times are seconds of any monotonic clock."""

    def __init__(self, now: float) -> None:
        self._waiting_since: float | None = now
        self._committed: CommittedOffset | None = None
        self._committed_at = now

    def joined(self) -> None:
        """The group gave an assignment, which is going to take effect."""
        self._waiting_since = None

    def assigned(self, partitions: Mapping[Partition, Committed], now: float) -> None:
        """These are ours, with the offsets that the group holds."""
        owned = min(partitions, default=None)
        self._committed = owned and partitions[owned].commit(owned)
        self._committed_at = now

    def revoked(self, now: float) -> None:
        """Nothing is ours, until the group gives the next assignment."""
        self._waiting_since = now
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
        return self._waiting_since is not None and now - self._waiting_since >= _WAITING_SECONDS
