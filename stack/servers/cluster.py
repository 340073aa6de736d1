"""Three brokers and three Cassandra nodes on 127.0.0.1 to 127.0.0.3, and one Redis: a stack that survives a node."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Self

from stack.errors import NotAnsweringError
from stack.home import jars_folder
from stack.processes.ports import free_port, is_free
from stack.servers.cassandra import CassandraNode, CassandraSettings
from stack.servers.cassandra_ring import sees_three_replicas
from stack.servers.kafka import KafkaBroker, KafkaSettings
from stack.servers.profiles import Profile
from stack.servers.redis import RedisServer, RedisSettings
from stack.servers.server_group import ServerGroup
from stack.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stack.processes.server_process import ServerProcess

# macOS knows only the first; there: sudo ifconfig lo0 alias 127.0.0.2, and 127.0.0.3.
HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")

# Thirds of the ring of Murmur3Partitioner, which goes from -2**63 to 2**63 - 1.
_TOKENS = tuple(-(2**63) + number * (2**64 // len(HOSTS)) for number in range(len(HOSTS)))

_FRONTS = ("127.0.0.11", "127.0.0.12", "127.0.0.13")

_RING_SECONDS = 60.0

Address = tuple[str, int]


@dataclass(frozen=True)
class Cluster(ServerGroup):
    """Kafka with replication 3 and 2 replicas in sync, Cassandra with three nodes that own a third of the ring each.

    As a context manager it starts everything and stops it at the end.
    """

    kafka: Sequence[KafkaBroker]
    cassandra: Sequence[CassandraNode]
    redis: RedisServer

    @classmethod
    def for_tests(cls, home: Path, *, behind_proxies: bool = False, profile: Profile = "fast_start") -> Self:
        """Servers at free ports, below `home`; a cluster's nodes share their ports and differ in their address.

        With `behind_proxies` clients and neighbours look for a node where its `roads` begin.
        """
        jars = jars_folder()
        port, controller_port = _port_on_all(), _port_on_all()
        advertised_port = _port_on_all() if behind_proxies else port
        voters = tuple((number, f"{host}:{controller_port}") for number, host in enumerate(HOSTS, start=1))
        brokers = [
            KafkaSettings(
                home / f"kafka-{number}",
                node_id=number,
                host=host,
                port=port,
                controller_port=controller_port,
                advertised_port=advertised_port,
                voters=voters,
                profile=profile,
            )
            for number, host in enumerate(HOSTS, start=1)
        ]
        cql_port, storage_port = _port_on_all(), _port_on_all()
        public_hosts = _FRONTS if behind_proxies else HOSTS
        nodes = [
            CassandraSettings(
                home / f"cassandra-{number}",
                host=host,
                port=cql_port,
                storage_port=storage_port,
                public_host=public_host,
                seeds=public_hosts,  # so that they can start at once, and each one alone
                initial_token=token,
                profile=profile,
            )
            for number, (host, public_host, token) in enumerate(zip(HOSTS, public_hosts, _TOKENS, strict=True), start=1)
        ]
        return cls(
            kafka=[KafkaBroker(settings, jars, f"kafka-{settings.node_id}") for settings in brokers],
            cassandra=[CassandraNode(settings, jars, settings.folder.name) for settings in nodes],
            redis=RedisServer(RedisSettings(home / "redis", port=free_port())),
        )

    @property
    def all(self) -> Sequence[ServerProcess]:
        """All seven servers."""
        return (*self.kafka, *self.cassandra, self.redis)

    @property
    def bootstrap_servers(self) -> str:
        """For `bootstrap.servers` of a Kafka client: all three brokers."""
        return ",".join(f"{broker.host}:{broker.settings.advertised_port}" for broker in self.kafka)

    @property
    def roads(self) -> Mapping[str, tuple[Address, Address]]:
        """By node, where others look for it and where it listens. Cassandra's neighbours have a road of their own."""
        found: dict[str, tuple[Address, Address]] = {}
        for broker in self.kafka:
            found[broker.name] = (
                (broker.host, broker.settings.advertised_port or broker.port),
                (broker.host, broker.port),
            )
        for node in self.cassandra:
            front = node.settings.public_host or node.host
            found[node.name] = (front, node.port), (node.host, node.port)
            storage_port = node.settings.storage_port
            found[f"{node.name}'s neighbours"] = (front, storage_port), (node.host, storage_port)
        return found

    def environment(self) -> dict[str, str]:
        """What tells a process of the application where the servers are."""
        return {
            "CHAT_KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "CHAT_CASSANDRA_CONTACT_POINTS": ",".join(
                node.settings.public_host or node.host for node in self.cassandra
            ),
            "CHAT_CASSANDRA_PORT": str(self.cassandra[0].port),
            "CHAT_REDIS_URL": self.redis.url,
        }

    def start(self) -> None:
        """Start those that do not run, wait until all answer and the nodes have found each other.

        Raises `StackError`.
        """
        super().start()
        for node in self.cassandra:
            if not wait_until(partial(sees_three_replicas, node.host, node.port), _RING_SECONDS):
                raise NotAnsweringError(f"{node.name} has not found its neighbours after {_RING_SECONDS:g} s")


def _port_on_all() -> int:
    """A port free on every address of the cluster, and of proxies in front of it."""
    while True:
        port = free_port(HOSTS[0])
        if all(is_free(host, port) for host in (*HOSTS, *_FRONTS)):
            return port
