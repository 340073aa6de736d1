"""Which node a request goes to: the first replica of its rows that is up, so that no other node passes it on.

Rows that share their first replica may differ in the others. That costs nothing: the coordinator sends each partition
to its replicas in a message of its own, whatever else the request holds. Rows with equal sets of replicas are far
fewer: ten nodes have 120 sets of three.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from cassandra.cluster import EXEC_PROFILE_DEFAULT, Session
from cassandra.metadata import Metadata
from cassandra.policies import HostDistance, LoadBalancingPolicy
from cassandra.pool import Host

from chat_tasks.conversation.chunks import Chunk

_ANY_KEY = b""


def routing_key(conversation_key: str, bucket: int) -> bytes:
    """The partition key as the server hashes it: each component with its length before it and a zero after it."""
    key = conversation_key.encode()
    return len(key).to_bytes(2, "big") + key + b"\0" + b"\0\4" + bucket.to_bytes(4, "big") + b"\0"


class Ring:
    """Follows the cluster's topology through the driver's metadata.

    `HeadReader` and `RowWriter` of one worker process share it, and it lives as long as the process. It keeps nothing
    itself: each call of `now` sees the driver's metadata of that moment. Grouping by replicas saves work, and no
    promise depends on it. No method raises.
    """

    def __init__(self, session: Session, keyspace: str) -> None:
        self._metadata: Metadata = session.cluster.metadata
        self._policy: LoadBalancingPolicy = session.get_execution_profile(EXEC_PROFILE_DEFAULT).load_balancing_policy
        self._keyspace = keyspace

    def now(self) -> "Replicas":
        """The replicas as the cluster is known at this moment."""
        nodes = self._near(self._metadata.all_hosts())
        replicas = self._near(self._metadata.get_replicas(self._keyspace, _ANY_KEY))
        return Replicas(self._metadata, self._policy, self._keyspace, all_are_replicas=len(replicas) == len(nodes))

    def replicas_of(self, partition_keys: Iterable[bytes]) -> set[Host]:
        """The nodes of the local data centre, up or not, that have at least one of these partitions.

        Each partition is named by its routing key. If the driver does not know the replicas of one, these are all
        nodes.
        """
        nodes = self._near(self._metadata.all_hosts())
        found: set[Host] = set()
        for key in partition_keys:
            if len(found) == len(nodes):
                break
            replicas = self._near(self._metadata.get_replicas(self._keyspace, key))
            if not replicas:
                return nodes
            found |= replicas
        return found

    def _near(self, hosts: Iterable[Host]) -> set[Host]:
        return {host for host in hosts if self._policy.distance(host) == HostDistance.LOCAL}


@dataclass(frozen=True, slots=True)
class Replicas:
    """The node that the driver sends a request for a row to; rows with equal values may share a request.

    `Ring.now` makes one for each use, in the thread that uses it; the user drops it after one wave or query. If each
    node of the local data centre has every row, every value is None, which saves requests and the lookup. So is the
    value of rows without a replica that is up.
    """

    metadata: Metadata
    policy: LoadBalancingPolicy
    keyspace: str
    all_are_replicas: bool

    def of_chunk(self, chunk: Chunk) -> Hashable:
        """The node for the rows of a chunk."""
        return self.of_partition(chunk.conversation_key, chunk.bucket)

    def of_partition(self, conversation_key: str, bucket: int) -> Hashable:
        """The node for the rows of a conversation and bucket."""
        return None if self.all_are_replicas else self._first(routing_key(conversation_key, bucket))

    def _first(self, key: bytes) -> Hashable:
        # The rule of the driver's TokenAwarePolicy.
        for host in self.metadata.get_replicas(self.keyspace, key):
            if host.is_up and self.policy.distance(host) == HostDistance.LOCAL:
                node: Hashable = host.host_id
                return node
        return None
