"""The nodes that may have answered our reads, whose restart would make those reads worthless."""

from collections.abc import Iterable

from cassandra.pool import Host

from chat_tasks.storage.requests.ring import Ring


class ReadReplicas:
    """All replicas of the partitions that were read, until they are taken.

    A reader of heads or of history owns one, notes each partition before it reads it, and lives as long as the worker
    process, which works on one task at a time. No method raises.
    """

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._nodes: set[Host] = set()

    def note(self, partition_keys: Iterable[bytes]) -> None:
        """Note partitions that are about to be read, each by its routing key."""
        self._nodes |= self._ring.replicas_of(partition_keys)

    def take(self) -> set[Host]:
        """The replicas of what was noted since the last call."""
        taken, self._nodes = self._nodes, set()
        return taken
