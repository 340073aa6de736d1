"""Conversations whose only replica is down wait for it, and all others go on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cassandra.cluster import Session

from chat_tasks.conversation.chunks import Thresholds
from chat_tasks.conversation.records import NO_HEAD, TaskRecord, Text
from chat_tasks.conversation.sequencer import allocate
from chat_tasks.formats.topics import InstantMessage
from chat_tasks.settings import Settings
from chat_tasks.storage.requests.ring import Ring
from chat_tasks.storage.writer import RowWriter
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
from tests.pipeline.own_session import own_session

pytestmark = [pytest.mark.servers, pytest.mark.long]

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
    with own_session(deployment.settings) as session:
        yield session


def test_only_the_conversations_of_a_node_that_is_down_wait_for_it(
    cluster: Cluster, deployment: Deployment, session: Session
) -> None:
    _, dispatch, *_ = deployment.start("ingest.1", "dispatch.1", "worker.1", "worker.2")
    settings = deployment.settings
    node = cluster.cassandra[2]
    before, during = some_messages(1_500, CONVERSATIONS, seed=1), some_messages(1_500, CONVERSATIONS, seed=2)
    # Their heads are read while the node is down, many by one query.
    during += [
        InstantMessage(conversationKey=f"new {number}", sender="ann", recipients=["bob"], body="hi")
        for number in range(CONVERSATIONS)
    ]
    send(settings, before)
    read_outputs(settings, before)
    waiting = conversations_on(node.host, session, settings, before + during)
    assert 0 < len(waiting) < 2 * CONVERSATIONS

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
    # One request for the rows of each node, sent to that node.
    assert sorted(asked_nodes(session, settings)) == sorted(node.host for node in cluster.cassandra)


def conversations_on(host: str, session: Session, settings: Settings, messages: list[InstantMessage]) -> set[str]:
    """Those whose rows live on that node."""
    replicas = Ring(session, settings.cassandra_keyspace).now()
    [node] = [one.host_id for one in session.cluster.metadata.all_hosts() if one.address == host]
    return {key for key in expected_of(messages) if replicas.of_partition(key, 0) == node}


def asked_nodes(session: Session, settings: Settings) -> list[str]:
    """The nodes to which the requests for new rows of some conversations go."""
    requests: list[Any] = []
    ring, keyspace = Ring(session, settings.cassandra_keyspace), settings.cassandra_keyspace
    writer = RowWriter(session, keyspace, ring, Thresholds(100_000, CONVERSATIONS), settings.bucket_size)
    record = TaskRecord(0, 0, Text("bob", ["ann"], "hi"))
    keys = [f"ring {number}" for number in range(CONVERSATIONS)]
    session.add_request_init_listener(requests.append)
    assert (
        writer.write({key: allocate(key, NO_HEAD, [record], UUID(int=1), settings.bucket_size) for key in keys}) == {}
    )
    return [request.coordinator_host.address for request in requests]
