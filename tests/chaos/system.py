"""The system under test: servers, the network in front of them, and the pipeline's processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stack.cassandra import CassandraNode, CassandraSettings
from stack.cluster import Cluster
from stack.home import jars_folder
from stack.kafka import KafkaBroker, KafkaSettings
from stack.ports import free_port
from stack.process import ServerProcess
from stack.redis import RedisServer, RedisSettings
from stack.servers import Servers
from tests.chaos.proxy import Proxy
from tests.integration.deployment import Deployment, Process

PROCESSES = ("ingest.1", "ingest.2", "dispatch.1", "dispatch.2", "worker.1", "prefork.1")


@dataclass
class System:
    """What a nemesis can lay hands on."""

    deployment: Deployment
    kafka: Sequence[ServerProcess]
    cassandra: Sequence[ServerProcess]
    redis: ServerProcess
    proxies: Mapping[str, Proxy]
    """By the server behind it; empty where there are none."""
    running: dict[str, Process] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start processes and wait until they are at work."""
        for process in self.deployment.start(*names):
            self.running[process.name] = process

    def replace(self, name: str, end: Callable[[Process], object]) -> None:
        """End a process and start it again at once, as a supervisor does; does not wait."""
        end(self.running[name])
        self.running[name] = self.deployment.spawn(name)

    def names(self, *kinds: str) -> list[str]:
        """The running processes of these kinds."""
        return sorted(name for name in self.running if name.partition(".")[0] in kinds)

    def dead(self) -> list[str]:
        """Processes that ended although nobody asked them to."""
        return [f"{name}: {process.log[-2000:]}" for name, process in self.running.items() if not process.runs]


@contextmanager
def single(home: Path) -> Iterator[System]:
    """One Kafka, one Cassandra and one Redis, each behind a proxy; the pipeline is not started."""
    ports = {name: free_port() for name in ("kafka", "cassandra", "redis")}
    jars = jars_folder()
    kafka = KafkaSettings(
        home / "kafka",
        port=free_port(),
        controller_port=free_port(),
        advertised_port=ports["kafka"],
        profile="fast_start",
    )
    cassandra = CassandraSettings(home / "cassandra", port=free_port(), storage_port=free_port(), profile="fast_start")
    servers = Servers(
        kafka=KafkaBroker(kafka, jars),
        cassandra=CassandraNode(cassandra, jars),
        redis=RedisServer(RedisSettings(home / "redis", port=free_port()), jars),
    )
    with ExitStack() as stack:
        proxies = {
            server.name: stack.enter_context(Proxy(ports[server.name], (server.host, server.port)))
            for server in servers.all
        }
        stack.enter_context(servers)
        deployment = Deployment.on(
            servers,
            1,
            home,
            kafka_bootstrap_servers=f"127.0.0.1:{ports['kafka']}",
            cassandra_port=ports["cassandra"],
            redis_url=f"redis://127.0.0.1:{ports['redis']}/0",
            session_timeout=6,
        )
        deployment.initialise()
        try:
            yield System(deployment, [servers.kafka], [servers.cassandra], servers.redis, proxies)
        finally:
            complaints = list(deployment.end())
    assert not complaints, "\n".join(complaints)


@contextmanager
def cluster(home: Path) -> Iterator[System]:
    """Three brokers, three Cassandra nodes, one Redis; the pipeline is not started."""
    with Cluster.for_tests(home) as servers:
        deployment = Deployment.on(
            servers,
            1,
            home,
            topic_replication_factor=3,
            topic_min_insync_replicas=2,
            cassandra_replication_factor=3,
            session_timeout=6,
        )
        deployment.initialise()
        try:
            yield System(deployment, servers.kafka, servers.cassandra, servers.redis, {})
        finally:
            complaints = list(deployment.end())
    assert not complaints, "\n".join(complaints)
