"""Conversations whose only replica is down wait for it, and all others go on."""

from collections.abc import Hashable, Iterator
from pathlib import Path

import pytest
from cassandra.cluster import Session

from chat_tasks.formats.topics import InstantMessage
from chat_tasks.settings import Settings
from chat_tasks.storage.replica_sets import ReplicaSets
from chat_tasks.storage.session import connect
from stack.servers.cluster import Cluster
from tests.pipeline.conversation import (
    assert_rows_match,
    expected_of,
    read_outputs,
    read_topic,
    send,
    some_messages,
)
from tests.pipeline.deployment import Deployment

pytestmark = pytest.mark.servers

CONVERSATIONS = 60


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Three Cassandra nodes."""
    with Cluster.for_tests(tmp_path / "servers") as cluster:
        yield cluster


@pytest.fixture
def deployment(cluster: Cluster, tmp_path: Path) -> Iterator[Deployment]:
    """A pipeline whose rows have one replica; at the end all its processes must have behaved."""
    deployment = Deployment.on(cluster, 1, tmp_path, cassandra_replication_factor=1)
    deployment.initialise()
    yield deployment
    assert list(deployment.end()) == []


@pytest.fixture
def session(deployment: Deployment) -> Iterator[Session]:
    """A session of the test's own."""
    session = connect(deployment.settings)
    yield session
    session.cluster.shutdown()


def test_only_the_conversations_of_a_node_that_is_down_wait_for_it(
    cluster: Cluster, deployment: Deployment, session: Session
) -> None:
    _, dispatch, *_ = deployment.start("ingest.1", "dispatch.1", "worker.1", "worker.2")
    settings = deployment.settings
    node = cluster.cassandra[2]
    before, during = some_messages(1_500, CONVERSATIONS, seed=1), some_messages(1_500, CONVERSATIONS, seed=2)
    send(settings, before)
    read_outputs(settings, before)
    waiting = conversations_on(node.host, session, settings, before + during)
    assert 0 < len(waiting) < CONVERSATIONS

    node.kill()
    send(settings, during)
    flowing = [message for message in during if message.conversationKey not in waiting]
    read_outputs(settings, [message for message in before if message.conversationKey not in waiting] + flowing)
    # And nothing else has come out.
    read_topic(settings, settings.output_topic, len(before) + len(flowing))

    cluster.start()
    outputs = read_outputs(settings, before + during)
    assert_rows_match(session, settings, outputs)
    # What the node may have forgotten was written again.
    assert "beginning the assignment anew: Cassandra node" in dispatch.log


def conversations_on(host: str, session: Session, settings: Settings, messages: list[InstantMessage]) -> set[str]:
    """Those whose rows live on that node."""
    replicas = ReplicaSets(session, settings.cassandra_keyspace).now()
    ids: Hashable = frozenset(one.host_id for one in session.cluster.metadata.all_hosts() if one.address == host)
    return {key for key in expected_of(messages) if replicas.of_partition(key, 0) == ids}
