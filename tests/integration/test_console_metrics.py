"""What the console's process shows to Prometheus: moved by what it measures, also with every bridge dead."""

import pytest
from cassandra.cluster import Session

from bridge.kafka.aborted_record import append_aborted_record
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings
from stack.pipeline.sender import new_sender
from stack.servers.one_of_each import Servers
from tests.integration.test_commands import chat_tasks
from tests.integration.test_quarantine import SICK, messages_of
from tests.pipeline.console import start_console
from tests.pipeline.conversation import read_outputs, send, some_messages, stored_rows
from tests.pipeline.deployment import Deploy, Deployment
from tests.pipeline.lag import lags
from tests.pipeline.scraped import Metrics

pytestmark = pytest.mark.servers

INVALID = b'{"conversationKey":"c-1","sender":7,"recipients":[],"body":"hello"}'
MENDED = '{"conversationKey":"c-1","sender":"ann","recipients":[],"body":"hello"}'


def test_each_is_moved_by_what_it_measures(deploy: Deploy, cassandra: Session, servers: Servers) -> None:
    deployment = deploy()
    settings = deployment.settings
    bridges = deployment.start("ingest.1", "dispatch.1")
    deployment.start("worker.1")
    beside = start_console(deployment)
    console = Metrics(beside.port)

    messages = some_messages(50, 10)
    send(settings, messages)
    read_outputs(settings, messages)
    console.wait_equal(0, "dead_letters_waiting")
    console.wait_equal(0, "quarantined_conversations")
    _letters(deployment, console)
    _quarantined(settings, cassandra, console)
    for bridge in bridges:
        bridge.kill()
    _drained(settings, console)
    _waiting(settings, console)
    assert beside.post(f"/api/quarantine/{SICK}/release").status_code == 202
    console.wait_equal(1, "quarantined_conversations", state="release_requested")
    assert console.total("quarantined_conversations") == 1
    _without_kafka(servers, console)


def _letters(deployment: Deployment, console: Metrics) -> None:
    """Letters of each kind; one is sent again, and all are deleted."""
    settings = deployment.settings
    producer = new_sender(settings)
    for value in (INVALID, INVALID):
        producer.produce(settings.message_topic, value)
    producer.produce(settings.log_topic, b"hello", partition=0)
    producer.produce(settings.dead_letter_topic, b"of another program")
    producer.flush()
    console.wait_equal(2, "dead_letters_waiting", stage="VALUE_CONVERTER")
    console.wait_equal(1, "dead_letters_waiting", stage="CONSUME")
    console.wait_equal(1, "dead_letters_waiting", stage="other")
    console.wait_above(0, "oldest_waiting_letter_age_seconds")
    first, *_ = chat_tasks(deployment, "letters", "list", "--stage", "VALUE_CONVERTER").stdout.splitlines()
    replayed = chat_tasks(deployment, "letters", "replay", first.split()[0], "--value", MENDED)
    assert replayed.returncode == 0, replayed.stderr
    console.wait_equal(1, "dead_letters_waiting", stage="VALUE_CONVERTER")
    purged = chat_tasks(deployment, "letters", "purge", "--force", "--before", "2100-01-01")
    assert purged.returncode == 0, purged.stderr
    console.wait_equal(0, "dead_letters_waiting")
    assert console.total("oldest_waiting_letter_age_seconds") == 0


def _quarantined(settings: Settings, cassandra: Session, console: Metrics) -> None:
    # A row that nobody can have written is in the place of the conversation's first message.
    row = stored_rows(cassandra, settings)["c-0"][0]
    cassandra.execute(
        f"INSERT INTO {settings.cassandra_keyspace}.messages (conversation_key, bucket, seq, sender, body, log_id, "
        "log_offset) VALUES (%s, 0, 0, 'nobody', 'nothing', %s, 1000000000) USING TIMESTAMP 1",
        (SICK, row.log_id),
    )
    send(settings, messages_of(3, "unwell"))
    console.wait_equal(1, "quarantined_conversations", state="quarantined")
    console.wait_equal(3, "dead_letters_waiting", stage="APPEND")


def _drained(settings: Settings, console: Metrics) -> None:
    """There is no lag, although the log of each input goes on behind what the groups have committed."""
    for topic in (settings.message_topic, settings.log_topic):
        append_aborted_record(settings, Partition(topic, 0))
    for group in (settings.ingest_group, settings.dispatch_group):
        assert sum(lags(settings, group).values()) > 0
        console.wait_equal(0, "group_lag_records", group=group)
    assert len(console.values("group_lag_records")) == settings.log_partitions + 2 * settings.topic_partitions


def _waiting(settings: Settings, console: Metrics) -> None:
    """What is sent to bridges that are dead waits, and nothing else does."""
    before = sum(lags(settings, settings.ingest_group).values())
    send(settings, some_messages(30, 10, seed=1))
    console.wait_above(29, "group_lag_records", topic=settings.message_topic)
    assert console.total("group_lag_records", group=settings.ingest_group) <= before + 30
    assert console.total("group_lag_records", group=settings.dispatch_group) == 0


def _without_kafka(servers: Servers, console: Metrics) -> None:
    """What Kafka told is not shown as if it were true now."""
    servers.kafka.pause()
    try:
        console.wait_for(lambda _: not console.values("group_lag_records"), "group_lag_records")
        console.wait_for(lambda _: not console.values("dead_letters_waiting"), "dead_letters_waiting")
        assert console.total("quarantined_conversations") == 1
    finally:
        servers.kafka.resume()
    console.wait_above(29, "group_lag_records")
    console.wait_equal(3, "dead_letters_waiting")
