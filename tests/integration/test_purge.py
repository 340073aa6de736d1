"""The log is purged of what is safely written; before that it is saved which conversations there have been."""

import sys

import pytest
from cassandra.cluster import Session
from confluent_kafka import Consumer, TopicPartition

from bridge.clients import reader_config
from bridge.poller import committed_offsets
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
    log = Partition(settings.log_topic, 0)
    reader = Consumer(reader_config(settings, settings.dispatch_group))
    end = committed_offsets(reader, [log], PATIENCE_SECONDS)[log].offset
    assert saved_offset(cassandra, settings) == 0

    servers.cassandra.kill()
    servers.cassandra.start()
    servers.cassandra.wait_until_answering()
    session = connect(settings)
    assert wait_until(lambda: (saved_offset(session, settings) or 0) >= end, PATIENCE_SECONDS)
    assert wait_until(lambda: first_offset(reader, log) >= end, PATIENCE_SECONDS)
    reader.close()

    dispatch.kill()
    deployment.start("dispatch.1")
    later = some_messages(600, 90, seed=1)
    send(settings, later)
    assert_rows_match(session, settings, read_outputs(settings, [*messages, *later]))
    session.cluster.shutdown()


def saved_offset(session: Session, settings: Settings) -> int | None:
    """What is saved of the log's only partition is all conversations before this; None where nothing is saved yet."""
    row = session.execute(f"SELECT log_offset FROM {settings.cassandra_keyspace}.known_conversations LIMIT 1").one()
    return None if row is None else int(row.log_offset)


def first_offset(reader: Consumer, log: Partition) -> int:
    """Where the log's only partition begins."""
    first, _ = reader.get_watermark_offsets(TopicPartition(*log), PATIENCE_SECONDS)
    return int(first)
