"""Which rows live on the same nodes: one request can carry these without a detour."""

from collections.abc import Hashable
from dataclasses import dataclass

from cassandra.cluster import Session
from cassandra.metadata import Metadata

from chat_tasks.conversation.chunks import Chunk


def routing_key(conversation_key: str, bucket: int) -> bytes:
    """The partition key as the server hashes it: each component with its length before it and a zero after it."""
    key = conversation_key.encode()
    return len(key).to_bytes(2, "big") + key + b"\0" + b"\0\4" + bucket.to_bytes(4, "big") + b"\0"


class ReplicaSets:
    """Follows the cluster's topology through the driver's metadata.

    `HeadReader` and `RowWriter` of one worker process share it, and it lives as long as the process. It keeps nothing
    itself: each call of `now` sees the driver's metadata of that moment. Grouping by replicas saves work, and no
    promise depends on it. No method raises.
    """

    def __init__(self, session: Session, keyspace: str) -> None:
        self._metadata: Metadata = session.cluster.metadata
        self._keyspace = keyspace

    def now(self) -> "Replicas":
        """The replicas as the cluster is known at this moment."""
        return Replicas(self._metadata, self._keyspace, is_one_node=len(self._metadata.all_hosts()) == 1)


@dataclass(frozen=True, slots=True)
class Replicas:
    """The nodes on which rows live; rows with equal values live on the same nodes.

    `ReplicaSets.now` makes one for each use, in the thread that uses it; the user drops it after one wave or query. If
    the cluster has one node, every value is None, which saves the lookup.
    """

    metadata: Metadata
    keyspace: str
    is_one_node: bool

    def of_chunk(self, chunk: Chunk) -> Hashable:
        """The nodes of the rows of a chunk."""
        return self.of_partition(chunk.conversation_key, chunk.bucket)

    def of_partition(self, conversation_key: str, bucket: int) -> Hashable:
        """The nodes of the rows of a conversation and bucket."""
        return None if self.is_one_node else self._of(routing_key(conversation_key, bucket))

    def of_conversation(self, conversation_key: str) -> Hashable:
        """The nodes of a row in a table whose partition key is the conversation's key alone."""
        return None if self.is_one_node else self._of(conversation_key.encode())

    def _of(self, key: bytes) -> Hashable:
        return frozenset(host.host_id for host in self.metadata.get_replicas(self.keyspace, key))
