"""Which node a row's request goes to is what the driver decides for it."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from cassandra.cluster import EXEC_PROFILE_DEFAULT
from cassandra.metadata import KeyspaceMetadata, Metadata
from cassandra.policies import DCAwareRoundRobinPolicy, SimpleConvictionPolicy, TokenAwarePolicy
from cassandra.pool import Host
from cassandra.query import SimpleStatement
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.conversation.chunks import Chunk, Thresholds, group_into_batches
from chat_tasks.storage.requests.ring import Ring, routing_key

KEYSPACE = "chat"
ROOMY = Thresholds(batch_bytes=10_000, batch_partitions=100)

conversation_keys = st.text(min_size=1, max_size=20)


@dataclass(frozen=True)
class Layout:
    """Nodes of two data centres, their tokens, and which of them are down."""

    local: int
    remote: int
    replicas: int
    tokens: list[int]
    down: set[int]

    def tokens_of(self, number: int) -> list[str]:
        """The tokens of a node, as the driver reads them."""
        return [str(token) for token in self.tokens[number :: self.local + self.remote]]


class Nodes:
    """What the driver's session knows of a cluster, without a server."""

    def __init__(self, layout: Layout) -> None:
        local, remote, replicas = layout.local, layout.remote, layout.replicas
        self.metadata = Metadata()
        self.hosts = [self._host(number, "here" if number < local else "there") for number in range(local + remote)]
        for number, host in enumerate(self.hosts):
            if number not in layout.down:
                host.set_up()
            else:
                host.set_down()
        strategy = {"here": str(min(replicas, local)), **({"there": str(min(replicas, remote))} if remote else {})}
        self.metadata.keyspaces[KEYSPACE] = KeyspaceMetadata(KEYSPACE, True, "NetworkTopologyStrategy", strategy)  # noqa: FBT003
        self.metadata.rebuild_token_map(
            "org.apache.cassandra.dht.Murmur3Partitioner",
            {host: layout.tokens_of(number) for number, host in enumerate(self.hosts)},
        )
        self.policy = TokenAwarePolicy(DCAwareRoundRobinPolicy("here"))
        self.policy.populate(SimpleNamespace(metadata=self.metadata, endpoints_resolved=[]), self.hosts)
        self.cluster = SimpleNamespace(metadata=self.metadata)

    def _host(self, number: int, datacenter: str) -> Host:
        host = Host(f"10.0.0.{number}", SimpleConvictionPolicy, host_id=UUID(int=number))
        host.set_location_info(datacenter, f"rack-{number % 3}")
        host, _ = self.metadata.add_or_return_host(host)
        return host

    def get_execution_profile(self, name: object) -> Any:
        """Part of the driver's session."""
        assert name is EXEC_PROFILE_DEFAULT
        return SimpleNamespace(load_balancing_policy=self.policy)

    def live_replicas(self, key: bytes) -> list[Host]:
        """The nodes that have the rows with this partition key, are up, and are near."""
        replicas = self.metadata.get_replicas(KEYSPACE, key)
        return [host for host in replicas if host.is_up and host.datacenter == "here"]

    def plan(self, key: bytes) -> list[Host]:
        """The nodes to which the driver sends a request with this routing key, in the order in which it tries them."""
        return list(self.policy.make_query_plan(None, SimpleStatement("", routing_key=key, keyspace=KEYSPACE)))


layouts = st.builds(
    Layout,
    local=st.integers(2, 6),
    remote=st.integers(0, 2),
    replicas=st.integers(1, 3),
    tokens=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=16, max_size=40, unique=True),
    down=st.sets(st.integers(0, 7)),
)


@given(conversation_keys, st.integers(0, 2**31 - 1))
def test_the_key_of_a_row_is_the_drivers(conversation_key: str, bucket: int) -> None:
    statement = SimpleStatement("")
    statement.routing_key = [conversation_key.encode(), bucket.to_bytes(4, "big")]
    assert routing_key(conversation_key, bucket) == statement.routing_key


@given(layouts, st.lists(conversation_keys, unique=True, max_size=20))
def test_a_request_goes_to_a_replica_of_each_of_its_rows(layout: Layout, keys: list[str]) -> None:
    nodes = Nodes(layout)
    replicas = Ring(nodes, KEYSPACE).now()
    chunks = [Chunk(key, 0, (), 1) for key in keys]
    for batch in group_into_batches(chunks, ROOMY, replicas.of_chunk):
        first, *_ = nodes.plan(routing_key(batch[0].conversation_key, 0)) or [None]
        for chunk in batch:
            live = nodes.live_replicas(routing_key(chunk.conversation_key, 0))
            assert first in live or not live


@given(layouts, st.lists(conversation_keys, unique=True, max_size=20))
def test_there_are_no_more_requests_than_nodes(layout: Layout, keys: list[str]) -> None:
    replicas = Ring(Nodes(layout), KEYSPACE).now()
    batches = group_into_batches([Chunk(key, 0, (), 1) for key in keys], ROOMY, replicas.of_chunk)
    assert len(batches) <= (1 if layout.local <= layout.replicas else layout.local + 1)


@given(layouts, st.lists(conversation_keys, unique=True, max_size=20))
def test_who_may_answer_a_read_is_all_replicas_near_us_up_or_not(layout: Layout, keys: list[str]) -> None:
    nodes = Nodes(layout)
    asked = [routing_key(key, 0) for key in keys]
    replicas = {host for key in asked for host in nodes.metadata.get_replicas(KEYSPACE, key)}
    assert Ring(nodes, KEYSPACE).replicas_of(asked) == {host for host in replicas if host.datacenter == "here"}


def test_where_the_ring_is_not_known_any_node_may_answer() -> None:
    nodes = Nodes(Layout(5, 1, 3, list(range(6)), set()))
    assert Ring(nodes, "unknown").replicas_of([b"c"]) == set(nodes.hosts[:5])


@given(st.integers(1, 3), conversation_keys)
def test_where_every_node_has_every_row_one_request_takes_all(count: int, key: str) -> None:
    nodes = Nodes(Layout(count, 0, 3, list(range(count)), set()))
    assert Ring(nodes, KEYSPACE).now().of_partition(key, 0) is None
