"""Closed servers, for each file its own: some files change their secrets, or take permissions away."""

from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from stack.servers.secured import SecuredServers
from stack.waiting import wait_until
from tests.integration.secured.decisions import denials
from tests.pipeline.secured import SecuredDeployment

_SECONDS = 30.0


@pytest.fixture(scope="module")
def secured_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredServers]:
    """Kafka, Cassandra and Redis with passwords and permissions; `init` has not run."""
    with SecuredServers.for_tests(tmp_path_factory.mktemp("secured")) as servers:
        servers.before_init()
        yield servers


@pytest.fixture(scope="module")
def initialised(secured_servers: SecuredServers, tmp_path_factory: pytest.TempPathFactory) -> SecuredDeployment:
    """A pipeline that `init` has set up, twice: the second time it had to mend what an operator had done."""
    deployment = SecuredDeployment.below(
        secured_servers,
        tmp_path_factory.mktemp("pipeline"),
        # The servers' commit log is on the disk before they acknowledge: nothing has to be kept to be written again.
        CHAT_REPLAY_WINDOW="1",
        CHAT_BUCKET_SIZE="5",
        CHAT_CASSANDRA_TIMEOUT="15",
        CHAT_LOG_PARTITIONS="4",
    )
    deployment.command("chat_init", "chat-tasks", "init")
    secured_servers.after_init()
    _spoil(secured_servers, deployment)
    said = deployment.command("chat_init", "chat-tasks", "init", "--reset-offsets")
    assert "has 4 partitions now" in said
    assert denials(secured_servers) == []
    return deployment


@pytest.fixture
def pipeline(initialised: SecuredDeployment) -> Iterator[SecuredDeployment]:
    """The pipeline, without processes; those that the test starts must have behaved."""
    yield initialised
    complaints = list(initialised.end())
    initialised.processes.clear()
    assert not complaints, "\n".join(complaints)


def _spoil(servers: SecuredServers, deployment: SecuredDeployment) -> None:
    """Two topics are made anew, too small, and the others get another property."""
    admin = AdminClient(servers.kafka.client())
    settings = deployment.settings
    anew = [settings.log_topic, settings.output_topic]
    for future in admin.delete_topics(anew).values():
        future.result(_SECONDS)
    assert wait_until(lambda: not set(anew) & admin.list_topics(timeout=_SECONDS).topics.keys(), _SECONDS)
    for future in admin.create_topics([NewTopic(topic, 1) for topic in anew]).values():
        future.result(_SECONDS)
    entry = ConfigEntry("compression.type", "gzip", incremental_operation=AlterConfigOpType.SET)
    others = {*deployment.topics(), settings.audit_topic} - set(anew)
    resources = [ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry]) for topic in others]
    for altered in admin.incremental_alter_configs(resources).values():
        altered.result(_SECONDS)
