"""The log is purged of what no Cassandra node can forget any more."""

import pytest
from confluent_kafka import Consumer, TopicPartition

from bridge.kafka.clients import reader_config
from bridge.kafka.groups import committed_offsets
from bridge.kafka.transaction import Partition
from chat_tasks.storage.session import connect
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, assert_rows_match, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def test_the_log_is_purged_after_a_replay_and_dispatch_goes_on_behind_it(deploy: Deploy, servers: Servers) -> None:
    deployment = deploy(log_partitions=1)
    settings = deployment.settings
    _, dispatch, _ = deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(600, 60)
    send(settings, messages)
    read_outputs(settings, messages)
    log = Partition(settings.log_topic, 0)
    reader = Consumer(reader_config(settings, settings.dispatch_group))
    end = committed_offsets(reader, [log], PATIENCE_SECONDS)[log].offset
    assert first_offset(reader, log) < end, "a node may still forget the last rows"

    servers.cassandra.kill()
    servers.cassandra.start()
    servers.cassandra.wait_until_answering()
    dispatch.wait_for_line("a Cassandra node has started: writing the last")
    assert wait_until(lambda: first_offset(reader, log) >= end, PATIENCE_SECONDS)
    reader.close()

    dispatch.kill()
    deployment.start("dispatch.1")
    later = some_messages(600, 90, seed=1)
    send(settings, later)
    outputs = read_outputs(settings, [*messages, *later])
    session = connect(settings)
    assert_rows_match(session, settings, outputs)
    session.cluster.shutdown()


def first_offset(reader: Consumer, log: Partition) -> int:
    """Where the log's only partition begins."""
    first, _ = reader.get_watermark_offsets(TopicPartition(*log), PATIENCE_SECONDS)
    return int(first)
