"""Each entry of the lists is taken away by itself: the server then denies what it allowed, so no other entry allows it.

What is denied here is in the servers' logs: the other tests have to be over. Redis's patterns of keys overlap on
purpose, so its entries are only seen to be of use (`test_least_privilege`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

import pytest
from cassandra import AlreadyExists, InvalidRequest, Unauthorized
from cassandra.cluster import Session
from confluent_kafka import KafkaError, KafkaException, Producer, TopicCollection
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from bridge.kafka.clients import base_config
from chat_tasks.settings import Settings
from chat_tasks.storage.session import connected
from stack.security.cassandra_permissions import cassandra_names
from stack.security.kafka_permissions import KafkaPermission, forbid, kafka_permissions, permit
from stack.servers.secured import SecuredServers
from stack.waiting import wait_until
from tests.integration.secured.decisions import Grant, cassandra_grants
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.secured import SecuredDeployment, settings_of

pytestmark = pytest.mark.servers

_SECONDS = 30.0
_DENIED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}


def test_kafka_denies_what_an_entry_allowed(secured_servers: SecuredServers, initialised: SecuredDeployment) -> None:
    admin = AdminClient(secured_servers.kafka.client())
    askers: dict[str, Asker] = {}
    for entry in kafka_permissions():
        if entry.principal not in askers:
            askers[entry.principal] = Asker(settings_as(initialised, entry.principal))
        asker = askers[entry.principal]
        # The entry before is given back, and the broker may not know it yet.
        assert wait_until(partial(asker.may, entry), PATIENCE_SECONDS, interval=0.02), entry
        forbid(admin, entry)
        try:
            assert wait_until(partial(asker.may_not, entry), PATIENCE_SECONDS, interval=0.02), entry
        finally:
            permit(admin, [entry])


class Asker:
    """Asks Kafka, as one identity, what it may do."""

    def __init__(self, settings: Settings) -> None:
        self._config = base_config(settings)
        self._admin = AdminClient(self._config)

    def may(self, entry: KafkaPermission) -> bool:
        """Whether the broker allows what the entry allows."""
        try:
            return self._of_kind[entry.kind](self, entry.name, entry.operation.upper())
        except KafkaException as error:
            if error.args[0].code() in _DENIED:
                return False
            raise

    def may_not(self, entry: KafkaPermission) -> bool:
        """Whether it denies that."""
        return not self.may(entry)

    def _topic(self, name: str, operation: str) -> bool:
        if operation == "DESCRIBECONFIGS":
            # It does not imply to be told of the topic.
            return self._shows(ConfigResource(ResourceType.TOPIC, name))
        asked = self._admin.describe_topics(TopicCollection([name]), include_authorized_operations=True)
        return operation in _names(asked[name].result(_SECONDS).authorized_operations)

    def _group(self, name: str, operation: str) -> bool:
        asked = self._admin.describe_consumer_groups([name], include_authorized_operations=True)
        try:
            operations = asked[name].result(_SECONDS).authorized_operations
        except KafkaException as error:
            # A group without offsets: who may describe it is told that there is none.
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                return operation == "DESCRIBE"
            raise
        return operation in _names(operations)

    def _cluster(self, _: str, operation: str) -> bool:
        assert operation == "DESCRIBECONFIGS"
        return self._shows(ConfigResource(ResourceType.BROKER, "1"))

    def _shows(self, resource: ConfigResource) -> bool:
        return bool(self._admin.describe_configs([resource])[resource].result(_SECONDS))

    def _transactional_id(self, name: str, operation: str) -> bool:
        assert operation == "WRITE"
        Producer({**self._config, "transactional.id": name.replace("*", "probe")}).init_transactions(_SECONDS)
        return True

    _of_kind: Mapping[str, Callable[[Asker, str, str], bool]] = {
        "topic": _topic,
        "group": _group,
        "cluster": _cluster,
        "transactional-id": _transactional_id,
    }


def _names(operations: list[object]) -> set[str]:
    return {str(getattr(one, "name", one)).replace("_", "") for one in operations or ()}


def test_cassandra_denies_what_a_grant_allowed(secured_servers: SecuredServers, initialised: SecuredDeployment) -> None:
    with ExitStack() as stack:
        administrator = stack.enter_context(secured_servers.administration())
        sessions = {role: stack.enter_context(connected(settings_as(initialised, role))) for role in cassandra_names()}
        for grant in cassandra_grants():
            role, permission, resource = grant
            statement = statement_of(administrator, grant)
            assert not is_denied(sessions[role], statement), grant
            administrator.execute(f"REVOKE {permission} ON {resource} FROM {role}")
            try:
                assert wait_until(partial(is_denied, sessions[role], statement), PATIENCE_SECONDS, interval=0.05), grant
            finally:
                administrator.execute(f"GRANT {permission} ON {resource} TO {role}")


def statement_of(session: Session, grant: Grant) -> str:
    """A statement that needs the grant and changes nothing: most of them are wrong in what is looked at afterwards."""
    kind, _, name = grant.resource.partition(" ")
    if grant.permission == "SELECT":
        return f"SELECT * FROM {name} LIMIT 1"
    if grant.permission == "MODIFY":
        keyspace, _, table = name.partition(".")
        columns = session.cluster.metadata.keyspaces[keyspace].tables[table].primary_key
        return f"DELETE FROM {name} WHERE {' AND '.join(f'{column.name} = null' for column in columns)}"
    assert kind == "KEYSPACE"
    one = f"TABLE {name}.stored_settings"
    return {"CREATE": f"CREATE {one} (name text PRIMARY KEY)", "ALTER": f"ALTER {one} DROP nothing"}[grant.permission]


def is_denied(session: Session, statement: str) -> bool:
    """Whether Cassandra denies the statement, before it looks at what it says."""
    try:
        session.execute(statement)
    except Unauthorized:
        return True
    except (AlreadyExists, InvalidRequest):
        return False
    return False


def settings_as(deployment: SecuredDeployment, identity: str) -> Settings:
    """The settings of a process that comes as this identity."""
    return settings_of({**deployment.environment, **deployment.identities[identity]})
