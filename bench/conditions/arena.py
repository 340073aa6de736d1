"""Where one contestant runs once: topics, keyspace, groups and transactional ids that nobody has used before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from confluent_kafka.admin import AdminClient

from bench.conditions.permissions import permit_all_in
from bridge.commands.init.command import initialise
from bridge.commands.init.starting_offsets import Choices
from bridge.kafka.clients import base_config
from chat_tasks.setting_variables import read_values
from chat_tasks.settings import Settings
from chat_tasks.storage.session import connect
from stack.servers.cluster import Cluster
from stack.servers.one_of_each import Servers
from stack.servers.secured import SecuredServers

_numbers = count(1)
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Arena:
    """What one run has for itself.

    `environment` gives a process the same settings as `settings`, apart from who it is: `environments` has that, by the
    process's name in the Procfile. On closed servers `settings` are those of one who may do everything.
    """

    servers: Servers | Cluster
    settings: Settings
    environment: Mapping[str, str]
    environments: Mapping[str, Mapping[str, str]]


@contextmanager
def new_arena(servers: Servers | Cluster) -> Iterator[Arena]:
    """Set one up as `chat-tasks init` does, and remove it at the end: no run has to carry the data of those before."""
    number = next(_numbers)
    topics = (name for name in Settings.model_fields if name.endswith("_topic"))
    groups = ("ingest_group", "dispatch_group")
    copies = str(len(servers.kafka)) if isinstance(servers, Cluster) else "1"
    environment = {
        **servers.environment(),
        "CHAT_TOPIC_REPLICATION_FACTOR": copies,
        "CHAT_CASSANDRA_REPLICATION_FACTOR": copies,
        "CHAT_CASSANDRA_KEYSPACE": f"bench_{number}",
        **{f"CHAT_{name.upper()}": f"{Settings.model_fields[name].default}-{number}" for name in (*topics, *groups)},
    }
    closed = servers if isinstance(servers, SecuredServers) else None
    read = read_values({**environment, **(closed.administrator_environment() if closed else {})}, Settings.model_fields)
    settings = Settings(kafka_properties=read.kafka_properties, **read.settings)
    with servers.redis.client() as redis:
        redis.flushdb()
    initialise(settings, Choices(), lambda _: None)
    if closed:
        permit_all_in(closed, settings)
    try:
        yield Arena(servers, settings, environment, closed.environments() if closed else {})
    finally:
        _remove(settings)


def _remove(settings: Settings) -> None:
    admin = AdminClient(base_config(settings))
    # Contestants may have made some of their own; those that begin so are the broker's.
    topics = [topic for topic in admin.list_topics(timeout=_SECONDS).topics if not topic.startswith("__")]
    for future in admin.delete_topics(topics).values():
        future.result(_SECONDS)
    session = connect(settings)
    try:
        session.execute(f"DROP KEYSPACE {settings.cassandra_keyspace}", timeout=_SECONDS)
    finally:
        session.cluster.shutdown()
