"""A loop that gets stuck without an error notices, says so, and starts again: nothing is lost or doubled by it."""

import sys

import pytest
from cassandra.cluster import Session
from confluent_kafka import OFFSET_END, TopicPartition
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config
from stack.processes.ports import free_port
from tests.pipeline.conversation import PATIENCE_SECONDS, assert_rows_match, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy, Deployment, Process
from tests.pipeline.scraped import Metrics

pytestmark = pytest.mark.servers

STALL_SECONDS = 4


def start_stalling(deployment: Deployment, name: str, way: str, **environment: str) -> Process:
    """Start this process so that it gets stuck in that way of `stalling.py`."""
    launcher = (sys.executable, "-m", "tests.integration.disruptions.stalling", way)
    [process] = deployment.start(name, launcher=launcher, **environment)
    return process


@pytest.mark.parametrize(
    ("name", "way", "complaint"),
    [
        ("ingest.1", "never_fetched", "no record was delivered for 4 seconds though some wait: instant_message_in"),
        ("ingest.1", "never_published", "nothing got done for 4 seconds though work waits"),
        ("dispatch.1", "never_fetched", "no record was delivered for 4 seconds though some wait: conversation_log"),
        ("dispatch.1", "never_sent", "nothing got done for 4 seconds though work waits"),
    ],
)
def test_a_stalled_loop_says_so_and_starts_again(
    deploy: Deploy, cassandra: Session, name: str, way: str, complaint: str
) -> None:
    deployment = deploy(stall_timeout=STALL_SECONDS)
    deployment.start(*{"ingest.1", "dispatch.1", "worker.1"} - {name})
    port = free_port()
    stalling = start_stalling(deployment, name, way, CHAT_HTTP_PORT=str(port))
    messages = some_messages(300, 20)
    send(deployment.settings, messages)
    stalling.wait_for_line(f"starting again: {complaint}")

    outputs = read_outputs(deployment.settings, messages)
    assert_rows_match(cassandra, deployment.settings, outputs)
    assert stalling.log.count("starting again") == 1
    assert Metrics(port).total("loop_starts_total", reason="stalled") == 1


def test_a_transaction_that_hangs_holds_no_rebalance_up(deploy: Deploy, cassandra: Session) -> None:
    # The time in which a transaction may end is no excuse for one that cannot.
    deployment = deploy(transaction_timeout=300)
    deployment.start("dispatch.1", "worker.1")
    hanging = start_stalling(deployment, "ingest.1", "offsets_never_taken")
    messages = some_messages(300, 20)
    send(deployment.settings, messages)

    deployment.start("ingest.2")
    outputs = read_outputs(deployment.settings, messages)
    assert_rows_match(cassandra, deployment.settings, outputs)
    assert "it did not take the offsets of a transaction in time" in hanging.log


def test_a_kafka_that_takes_offsets_slowly_is_waited_for(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(transaction_timeout=30)
    deployment.start("dispatch.1", "worker.1")
    slow = start_stalling(deployment, "ingest.1", "offsets_taken_slowly")
    messages = some_messages(300, 20)
    send(deployment.settings, messages)

    outputs = read_outputs(deployment.settings, messages)
    assert_rows_match(cassandra, deployment.settings, outputs)
    assert slow.log.count("starting again: Kafka: it did not take the offsets of a transaction in time") == 1


def test_what_is_purged_before_it_is_read_again_is_no_reason_to_end(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy()
    settings = deployment.settings
    [ingest, *_] = deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(300, 20)
    send(settings, messages[:150])
    read_outputs(settings, messages[:150])
    assert ingest.stop() == 0
    ends = [TopicPartition(settings.message_topic, number, OFFSET_END) for number in range(settings.topic_partitions)]
    admin = AdminClient(base_config(settings))
    for deleted in admin.delete_records(ends).values():
        deleted.result(PATIENCE_SECONDS)

    late = start_stalling(deployment, "ingest.1", "purged_meanwhile")
    late.wait_for_line("was purged before it was read again")
    send(settings, messages[150:])
    outputs = read_outputs(settings, messages)
    assert_rows_match(cassandra, settings, outputs)


def test_without_a_worker_nothing_is_started_again(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(stall_timeout=STALL_SECONDS, task_deadline=1)
    [dispatch, _] = deployment.start("dispatch.1", "ingest.1")
    messages = some_messages(300, 20)
    send(deployment.settings, messages)
    dispatch.wait_for_line("no worker takes tasks")

    deployment.start("worker.1")
    outputs = read_outputs(deployment.settings, messages)
    assert_rows_match(cassandra, deployment.settings, outputs)
    assert "workers take tasks from queue chat.00 again" in dispatch.log
    assert "starting again" not in dispatch.log


def test_a_queue_that_no_worker_knows_is_named(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(stall_timeout=STALL_SECONDS, task_deadline=1)
    # At work before there are tasks: on a slow machine it starts for longer than dispatch waits for it.
    [worker] = deployment.start("worker.1", CHAT_QUEUES="1")
    [dispatch, _] = deployment.start("dispatch.1", "ingest.1")
    messages = some_messages(300, 20)
    send(deployment.settings, messages)
    dispatch.wait_for_line("no worker takes tasks from queue chat.01")
    assert "from queue chat.00" not in dispatch.log

    worker.stop()
    deployment.start("worker.1")
    outputs = read_outputs(deployment.settings, messages)
    assert_rows_match(cassandra, deployment.settings, outputs)
    assert "starting again" not in dispatch.log
