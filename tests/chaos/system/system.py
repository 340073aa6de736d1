"""The system under test: servers, the network in front of them, and the pipeline's processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stack.home import jars_folder
from stack.processes.ports import free_port
from stack.processes.server_process import ServerProcess
from stack.servers.cassandra import CassandraNode, CassandraSettings
from stack.servers.cluster import Cluster
from stack.servers.kafka import KafkaBroker, KafkaSettings
from stack.servers.one_of_each import Servers
from stack.servers.redis import RedisServer, RedisSettings
from tests.chaos.system.proxy import Proxy
from tests.chaos.system.small_disk import can_make_disks, small_disk
from tests.pipeline.deployment import Deployment, Process

PROCESSES = ("ingest.1", "ingest.2", "dispatch.1", "dispatch.2", "worker.1", "prefork.1")


@dataclass
class System:
    """The servers, proxies and processes of a run, which faults are done to."""

    deployment: Deployment
    servers: Mapping[str, Sequence[ServerProcess]]
    """By kind: `kafka`, `cassandra` or `redis`."""
    proxies: Mapping[str, Proxy] = field(default_factory=dict)
    """By the name of the road; workers and neighbours have roads of their own. Empty if nothing stands in between."""
    running: dict[str, Process] = field(default_factory=dict)
    deleted_below: dict[str, int] = field(default_factory=dict)
    """By conversation: its rows with lower numbers were deleted."""

    def start(self, *names: str, launcher: Sequence[str] = (), **environment: str) -> None:
        """Start processes and wait until they are at work."""
        for process in self.deployment.start(*names, launcher=launcher, **environment):
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
    """One Kafka, one Cassandra and one Redis behind proxies, with disks of their own where that can be arranged.

    The pipeline is not started.
    """
    ports = {name: free_port() for name in ("kafka", "cassandra", "redis", "workers' cassandra", "workers' redis")}
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
        redis=RedisServer(RedisSettings(home / "redis", port=free_port())),
    )
    with ExitStack() as stack:
        by_name = {server.name: server for server in servers.all}
        proxies = {
            road: stack.enter_context(Proxy(("127.0.0.1", port), (server.host, server.port)))
            for road, port in ports.items()
            for server in [by_name[road.split()[-1]]]
        }
        if can_make_disks():
            for server in (servers.kafka, servers.cassandra):
                stack.enter_context(small_disk(server.folder))
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
        redis_of_workers = ports["workers' redis"]
        for_workers = {
            "CHAT_CASSANDRA_PORT": str(ports["workers' cassandra"]),
            "CHAT_REDIS_URL": f"redis://127.0.0.1:{redis_of_workers}/0",
        }
        deployment.environment_of = dict.fromkeys(("worker", "prefork"), for_workers)
        deployment.initialise()
        try:
            yield System(deployment, {name: [server] for name, server in by_name.items()}, proxies)
        finally:
            complaints = list(deployment.end())
    assert not complaints, "\n".join(complaints)


@contextmanager
def cluster(home: Path) -> Iterator[System]:
    """Three brokers and three Cassandra nodes, each behind proxies, and one Redis; the pipeline is not started."""
    servers = Cluster.for_tests(home, behind_proxies=True)
    with ExitStack() as stack:
        proxies = {road: stack.enter_context(Proxy(*addresses)) for road, addresses in servers.roads.items()}
        stack.enter_context(servers)
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
            by_name = {"kafka": servers.kafka, "cassandra": servers.cassandra, "redis": [servers.redis]}
            yield System(deployment, by_name, proxies)
        finally:
            complaints = list(deployment.end())
    assert not complaints, "\n".join(complaints)
