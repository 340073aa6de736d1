"""One Kafka, one Cassandra and one Redis, together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from stack.home import jars_folder
from stack.processes.ports import free_port
from stack.servers.cassandra import CassandraNode, CassandraSettings, CommitlogSync
from stack.servers.kafka import KafkaBroker, KafkaSettings
from stack.servers.profiles import Profile
from stack.servers.redis import RedisServer, RedisSettings
from stack.servers.server_group import ServerGroup

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stack.processes.server_process import ServerProcess


@dataclass(frozen=True)
class Servers(ServerGroup):
    """The three servers that the application needs. As a context manager it starts them, and stops them at the end."""

    kafka: KafkaBroker
    cassandra: CassandraNode
    redis: RedisServer

    @classmethod
    def development(cls, home: Path) -> Self:
        """The servers of `make up` at their fixed ports, with their data, configuration and logs below `home`."""
        jars = home / "jars"
        return cls(
            kafka=KafkaBroker(KafkaSettings(home / "kafka"), jars),
            cassandra=CassandraNode(CassandraSettings(home / "cassandra"), jars),
            redis=RedisServer(RedisSettings(home / "redis")),
        )

    @classmethod
    def for_tests(cls, home: Path) -> Self:
        """Servers at free ports that start fast, below `home`; their jars are shared with the development ones."""
        return cls.on_free_ports(home, profile="fast_start")

    @classmethod
    def on_free_ports(
        cls,
        home: Path,
        *,
        profile: Profile,
        commitlog_sync: CommitlogSync = "periodic",
        raised_batch_thresholds: bool = True,
    ) -> Self:
        """Servers below `home` that disturb no others; their jars are shared with the development ones."""
        jars = jars_folder()
        kafka = KafkaSettings(home / "kafka", port=free_port(), controller_port=free_port(), profile=profile)
        cassandra = CassandraSettings(
            home / "cassandra",
            port=free_port(),
            storage_port=free_port(),
            profile=profile,
            commitlog_sync=commitlog_sync,
            raised_batch_thresholds=raised_batch_thresholds,
        )
        return cls(
            kafka=KafkaBroker(kafka, jars),
            cassandra=CassandraNode(cassandra, jars),
            redis=RedisServer(RedisSettings(home / "redis", port=free_port())),
        )

    @property
    def all(self) -> Sequence[ServerProcess]:
        """The three, in the order in which they are shown."""
        return (self.kafka, self.cassandra, self.redis)

    @property
    def bootstrap_servers(self) -> str:
        """For `bootstrap.servers` of a Kafka client."""
        return self.kafka.address

    @property
    def cassandra_port(self) -> int:
        """The port of Cassandra's native protocol."""
        return self.cassandra.port

    @property
    def redis_url(self) -> str:
        """The URL of Redis's database 0."""
        return self.redis.url

    def before_init(self) -> None:
        """What has to be done, once all answer, before `init` can run: nothing, if everybody may do everything."""

    def after_init(self) -> None:
        """What has to be done after `init`, before the pipeline can run."""

    def environment(self) -> dict[str, str]:
        """What tells a process of the application where the servers are."""
        return {
            "CHAT_KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "CHAT_CASSANDRA_CONTACT_POINTS": self.cassandra.host,
            "CHAT_CASSANDRA_PORT": str(self.cassandra_port),
            "CHAT_REDIS_URL": self.redis_url,
        }
