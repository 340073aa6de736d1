"""The three servers, each connected to at most once: what does not answer is told once, and asked nothing more."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from redis import AuthenticationError, Redis, RedisError

from bridge.commands.doctor.finding import Answer, ok, warning
from bridge.kafka.clients import base_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.redis_client import connect_redis, describe_redis_error
from chat_tasks.settings import Settings
from chat_tasks.storage.generations import NodeGenerations
from chat_tasks.storage.session import Session, connect, failures_as_unavailable

KAFKA, CASSANDRA, REDIS = "kafka", "cassandra", "redis"

_SECONDS = 8.0
# The first with `system_views.gossip_info`, from which generations come.
_OLDEST_CASSANDRA = 5


class Servers(NamedTuple):
    """The settings, and a connection to each server as soon as there is one; a future has the failure otherwise."""

    settings: Settings
    connections: "dict[str, Future[Any]]"

    @property
    def admin(self) -> AdminClient:
        """Kafka's; raises what connecting raised."""
        client: AdminClient = self.connections[KAFKA].result()
        return client

    @property
    def session(self) -> Session:
        """Cassandra's; raises what connecting raised."""
        return self.connections[CASSANDRA].result()

    @property
    def redis(self) -> Redis:
        """Redis'; raises what connecting raised."""
        client: Redis = self.connections[REDIS].result()
        return client

    def close(self) -> None:
        """Close what was connected. Kafka's client ends with its last reference."""
        for name, close in _CLOSE.items():
            connection = self.connections[name]
            if connection.done() and connection.exception() is None:
                close(connection.result())


def connect_kafka(settings: Settings) -> AdminClient:
    """A client that has got an answer. Raises `DependencyUnavailable`."""
    admin = AdminClient(base_config(settings))
    try:
        admin.list_topics(timeout=_SECONDS)
    except KafkaException as error:
        raise KafkaUnavailable(describe_kafka_error(error, admin)) from error
    return admin


def connect_to_redis(settings: Settings) -> Redis:
    """A client that has got an answer. Raises `DependencyUnavailable`."""
    redis = connect_redis(settings)
    try:
        redis.ping()
    except RedisError as error:
        what = "CHAT_REDIS_URL has a wrong password or user, or none: " if is_about_password(error) else ""
        raise DependencyUnavailable(f"{what}{describe_redis_error(settings, error)}") from error
    return redis


def is_about_password(error: RedisError) -> bool:
    """Whether Redis wants another password or user."""
    return isinstance(error, AuthenticationError) or str(error).startswith("NOAUTH")


CONNECT: dict[str, Callable[[Settings], Any]] = {KAFKA: connect_kafka, CASSANDRA: connect, REDIS: connect_to_redis}
_CLOSE: dict[str, Callable[[Any], None]] = {
    CASSANDRA: lambda session: session.cluster.shutdown(),
    REDIS: lambda redis: redis.close(),
}


def about_kafka(servers: Servers) -> Iterator[Answer]:
    """Its brokers; the client cannot tell their version."""
    brokers = servers.admin.list_topics(timeout=_SECONDS).brokers
    yield ok(f"{len(brokers)} brokers: {', '.join(f'{one.host}:{one.port}' for one in brokers.values())}")


def about_cassandra(servers: Servers) -> Iterator[Answer]:
    """Its versions, and nodes that are away."""
    session, settings = servers.session, servers.settings
    hosts = list(session.cluster.metadata.all_hosts())
    versions = sorted({str(host.release_version) for host in hosts if host.release_version})
    yield ok(f"{len(hosts)} nodes, version {', '.join(versions)}")
    if old := [one for one in versions if int(one.split(".")[0]) < _OLDEST_CASSANDRA]:
        yield warning(f"version {', '.join(old)} is too old", "Cassandra 5.0")
    with failures_as_unavailable():
        if not NodeGenerations(session, settings.cassandra_local_datacenter).ask().all_answered:
            away = sorted(str(host.endpoint) for host in hosts if not host.is_up)
            yield warning(
                f"not every node answers: {', '.join(away) or 'one is slow'}; the log is not purged meanwhile",
                "start the node, or remove it from the cluster",
            )


def about_redis(servers: Servers) -> Iterator[Answer]:
    """Its version, its memory, and whether it may drop tasks."""
    found: dict[str, Any] = servers.redis.info()
    version = found.get("valkey_version") or found.get("redis_version")
    name = "Valkey" if "valkey_version" in found else "Redis"
    url = urlsplit(servers.settings.redis_url.get_secret_value())
    yield ok(f"{name} {version} at {url.hostname or url.path}, {found.get('used_memory_human')} in use")
    if found.get("role") not in (None, "master"):
        yield warning(
            "this server is a replica, and takes no writes unless it is told to", "CHAT_REDIS_URL: the primary"
        )
    limit, used = int(found.get("maxmemory", 0)), int(found.get("used_memory", 0))
    if limit and found.get("maxmemory_policy") != "noeviction":
        yield warning(
            f"maxmemory-policy is {found['maxmemory_policy']}: tasks are dropped when memory is short, and sent again",
            "maxmemory-policy noeviction",
        )
    if limit and used > 0.9 * limit:
        yield warning(f"{used * 100 // limit} % of maxmemory are in use", "a larger maxmemory, or more workers")
