"""Which rows live on the same nodes, so that one request can carry them without a detour."""

from collections.abc import Hashable

from cassandra.cluster import Session
from cassandra.metadata import Metadata

from chat_tasks.chunks import Chunk


def routing_key(conversation_key: str, bucket: int) -> bytes:
    """The partition key as the server hashes it: each component with its length before and a zero after it."""
    key = conversation_key.encode()
    return len(key).to_bytes(2, "big") + key + b"\0" + b"\0\4" + bucket.to_bytes(4, "big") + b"\0"


class ReplicaSets:
    """Follows the cluster's topology through the driver's metadata."""

    def __init__(self, session: Session, keyspace: str) -> None:
        self._metadata: Metadata = session.cluster.metadata
        self._keyspace = keyspace

    def of_chunk(self, chunk: Chunk) -> Hashable:
        """Chunks with an equal value have the same replicas."""
        return self.of_partition(chunk.conversation_key, chunk.bucket)

    def of_partition(self, conversation_key: str, bucket: int) -> Hashable:
        """As `of_chunk`, for a conversation and bucket."""
        if len(self._metadata.all_hosts()) == 1:
            return None
        replicas = self._metadata.get_replicas(self._keyspace, routing_key(conversation_key, bucket))
        return frozenset(host.host_id for host in replicas)

    def of_conversation(self, conversation_key: str) -> Hashable:
        """As `of_chunk`, for tables whose partition key is the conversation alone."""
        if len(self._metadata.all_hosts()) == 1:
            return None
        return frozenset(
            host.host_id for host in self._metadata.get_replicas(self._keyspace, conversation_key.encode())
        )
