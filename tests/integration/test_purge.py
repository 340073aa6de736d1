"""The log is purged of what is safely written; before that it is saved which conversations there have been."""

import sys

import pytest
from cassandra.cluster import Session
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from bridge.clients import base_config, reader_config
from bridge.poller import committed_offsets
from bridge.topics import topic_id
from bridge.transaction import Partition
from chat_tasks.settings import Settings
from chat_tasks.storage.session import connect
from stack.servers import Servers
from stack.waiting import wait_until
from tests.integration.conftest import Deploy
from tests.integration.conversation import PATIENCE_SECONDS, assert_rows_match, read_outputs, send, some_messages

pytestmark = pytest.mark.servers

SAVING_WHEN_URGENT = (sys.executable, "-m", "tests.integration.saving_when_urgent")


def test_what_a_replay_has_written_is_saved_at_once_and_then_purged(
    deploy: Deploy, cassandra: Session, servers: Servers
) -> None:
    deployment = deploy(log_partitions=1)
    settings = deployment.settings
    [dispatch] = deployment.start("dispatch.1", launcher=SAVING_WHEN_URGENT)
    deployment.start("ingest.1", "worker.1")
    assert wait_until(lambda: saved_offset(cassandra, settings) is not None, PATIENCE_SECONDS)
    messages = some_messages(600, 60)
    send(settings, messages)
    read_outputs(settings, messages)
    end = committed_offset(settings)
    assert saved_offset(cassandra, settings) == 0

    servers.cassandra.kill()
    servers.cassandra.start()
    servers.cassandra.wait_until_answering()
    session = connect(settings)
    assert wait_until(lambda: (saved_offset(session, settings) or 0) >= end, PATIENCE_SECONDS)
    assert wait_until(lambda: first_offset(settings) >= end, PATIENCE_SECONDS)

    dispatch.kill()
    deployment.start("dispatch.1")
    later = some_messages(600, 90, seed=1)
    send(settings, later)
    assert_rows_match(session, settings, read_outputs(settings, [*messages, *later]))
    session.cluster.shutdown()


def saved_offset(session: Session, settings: Settings) -> int | None:
    """What is saved of the log's only partition is all conversations before this; None where nothing is saved yet."""
    log_id = topic_id(AdminClient(base_config(settings)), settings.log_topic)
    row = session.execute(
        f"SELECT log_offset FROM {settings.cassandra_keyspace}.known_conversations "
        f"WHERE log_id = {log_id} AND log_partition = 0 LIMIT 1"
    ).one()
    return None if row is None else int(row.log_offset)


def committed_offset(settings: Settings) -> int:
    """Up to where dispatch is done with the log's only partition."""
    partition = Partition(settings.log_topic, 0)
    reader = Consumer(reader_config(settings, settings.dispatch_group))
    committed = committed_offsets(reader, [partition], PATIENCE_SECONDS)[partition].offset
    reader.close()
    return committed


def first_offset(settings: Settings) -> int:
    """Where the log's only partition begins."""
    reader = Consumer(reader_config(settings, "chat-reader"))
    first, _ = reader.get_watermark_offsets(TopicPartition(settings.log_topic, 0), PATIENCE_SECONDS)
    reader.close()
    return first
