"""What dispatch knows of its conversations outlasts the loop that has learnt it."""

import os
import signal

import pytest
from cassandra.cluster import Session
from confluent_kafka.admin import AdminClient

from bridge.commands.latest import request_latest
from bridge.kafka.clients import base_config
from chat_tasks.settings import Settings
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def members_of(settings: Settings) -> int:
    admin = AdminClient(base_config(settings))
    [description] = admin.describe_consumer_groups([settings.dispatch_group]).values()
    return len(description.result(PATIENCE_SECONDS).members)


def test_heads_outlast_the_session_of_whoever_knew_them(deploy: Deploy, cassandra: Session) -> None:
    """Without their rows nobody could find them again."""
    deployment = deploy(session_timeout=6, replay_window=300)
    settings = deployment.settings
    _, dispatch, worker = deployment.start("ingest.1", "dispatch.1", "worker.1")
    before, after = some_messages(200, 20, seed=1), some_messages(200, 20, seed=2)
    send(settings, before)
    read_outputs(settings, before)
    # Its block comes in a later transaction, so dispatch has heard by then that the outputs are committed.
    assert request_latest(settings, before[0].conversationKey, 1, None, PATIENCE_SECONDS)

    os.kill(dispatch.popen.pid, signal.SIGSTOP)
    assert wait_until(lambda: members_of(settings) == 0, PATIENCE_SECONDS)
    os.kill(dispatch.popen.pid, signal.SIGCONT)
    dispatch.wait_for_line("starting again: Kafka: this member's session")

    worker.stop()
    cassandra.execute(f"TRUNCATE {settings.cassandra_keyspace}.messages")
    deployment.start("worker.1")
    send(settings, after)
    read_outputs(settings, [*before, *after])
