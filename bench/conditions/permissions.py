"""What the identities of closed servers may do, under the names of one run."""

from __future__ import annotations

import re

from confluent_kafka.admin import AdminClient

from chat_tasks.settings import Settings
from stack.security.cassandra_permissions import AFTER_INIT, BEFORE_INIT, statements_of
from stack.security.kafka_permissions import KafkaPermission, kafka_permissions, permit
from stack.servers.secured import SecuredServers

_KEYSPACE = re.compile(r"(KEYSPACE|TABLE) chat\b")


def permit_all_in(servers: SecuredServers, settings: Settings) -> None:
    """Give what the lists of `deploy/secured` name, for the topics, groups and tables of these settings."""
    names = {
        field.default: getattr(settings, name)
        for name, field in Settings.model_fields.items()
        if name.endswith(("_topic", "_group"))
    }
    permit(AdminClient(servers.kafka.client()), [_renamed(one, names) for one in kafka_permissions()])
    with servers.administration() as session:
        for statement in (*statements_of(BEFORE_INIT), *statements_of(AFTER_INIT)):
            if statement.startswith("GRANT "):
                session.execute(_KEYSPACE.sub(rf"\1 {settings.cassandra_keyspace}", statement))


def _renamed(permission: KafkaPermission, names: dict[str, str]) -> KafkaPermission:
    """The names of transactions begin with that of a group or topic, before a dot."""
    first, dot, rest = permission.name.partition(".")
    return permission._replace(name=f"{names.get(first, first)}{dot}{rest}")
