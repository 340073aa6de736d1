"""The log is purged of what no Cassandra node can forget any more, and what a restored backup lacks is missed."""

import pytest
from cassandra.cluster import Session
from confluent_kafka import Consumer, TopicPartition

from bridge.commands.doctor.diagnosis import diagnose
from bridge.commands.verify.comparison import Kind
from bridge.kafka.clients import reader_config
from bridge.kafka.groups import committed_offsets
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings
from chat_tasks.storage.horizons import Horizons
from chat_tasks.storage.task_keys import read_seal
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until
from tests.integration.test_commands import chat_tasks
from tests.integration.test_verify import verified
from tests.pipeline.backup import Backup
from tests.pipeline.conversation import (
    PATIENCE_SECONDS,
    assert_rows_match,
    read_outputs,
    send,
    some_messages,
    stored_rows,
)
from tests.pipeline.deployment import Deploy
from tests.pipeline.own_session import own_session

pytestmark = pytest.mark.servers


def test_the_log_is_purged_after_a_replay_and_an_older_backup_is_refused(deploy: Deploy, servers: Servers) -> None:
    deployment = deploy(log_partitions=1)
    settings = deployment.settings
    _, dispatch, _ = deployment.start("ingest.1", "dispatch.1", "worker.1")
    with own_session(settings) as session:
        kept = some_messages(300, 60)
        send(settings, kept)
        read_outputs(settings, kept)
        assert wait_until(lambda: horizon(session, settings) > 0, PATIENCE_SECONDS)
        backup, backed_up = Backup.of(session, settings), stored_rows(session, settings)
        lost = some_messages(300, 60, seed=2)
        messages = [*kept, *lost]
        send(settings, lost)
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
        [dispatch] = deployment.start("dispatch.1")
        later = some_messages(600, 90, seed=1)
        send(settings, later)
        outputs = read_outputs(settings, [*messages, *later])
        assert_rows_match(session, settings, outputs)

        dispatch.stop()
        backup.restore(session, settings)
        refused = deployment.spawn("dispatch.1")
        begins, complete = first_offset_of(settings, log), horizon(session, settings)
        refused.wait_for_line(
            f"the rows are older than what was purged from the log: {settings.log_topic}[0] begins at offset {begins}, "
            f"and rows are complete up to {complete}. "
        )
        assert refused.popen.wait(30) == 2
        code, found, _ = verified(deployment)
        assert code == 1
        assert found == sorted(
            (Kind.MISSING, key, len(backed_up.get(key, ())), len(values) - 1)
            for key, values in outputs.items()
            if len(values) > len(backed_up.get(key, ()))
        )
        [rows] = [one for one in diagnose(settings) if one.check == "rows"]
        assert (rows.status, rows.detail[:18]) == ("failure", "the rows are older")

        # What they are missing is gone for good, and the operator wants to go on.
        assert chat_tasks(deployment, "init", "--accept-rows").returncode == 0
        deployment.start("dispatch.1")
        assert horizon(session, settings) >= begins


def horizon(session: Session, settings: Settings) -> int:
    """That of the log's only partition; 0 if there is none."""
    log_id = read_seal(session, settings).log_id
    return Horizons(session, settings.cassandra_keyspace).read(log_id, [0]).get(0, 0)


def first_offset_of(settings: Settings, log: Partition) -> int:
    reader = Consumer(reader_config(settings, "test"))
    try:
        return first_offset(reader, log)
    finally:
        reader.close()


def first_offset(reader: Consumer, log: Partition) -> int:
    """Where the log's only partition begins."""
    first, _ = reader.get_watermark_offsets(TopicPartition(*log), PATIENCE_SECONDS)
    return int(first)
