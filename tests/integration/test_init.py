"""`chat-tasks init`, and what the processes say where it was not run or no longer fits."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from cassandra.cluster import Session
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from bridge.commands.init.command import initialise
from bridge.commands.init.starting_offsets import Choices
from bridge.kafka.clients import base_config
from bridge.kafka.topics.plans import plan_topics
from chat_tasks.conversation.routing import partition_of
from chat_tasks.errors import CassandraUnavailable, SettingsMismatch
from chat_tasks.storage import schema
from chat_tasks.storage.session import failures_as_unavailable
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, read_topic, send, some_messages
from tests.pipeline.deployment import Deploy, Deployment

pytestmark = pytest.mark.servers


def test_it_may_be_run_again_and_changes_nothing(deploy: Deploy) -> None:
    deployment = deploy()
    again = deployment.initialise()
    assert f"topic {deployment.settings.log_topic}: exists, 12 partitions" in again
    assert f"group {deployment.settings.dispatch_group}: 0 offsets set" in again


def test_reads_repair_no_parts_of_messages_even_in_a_table_that_was_set_up_before(
    deploy: Deploy, cassandra: Session
) -> None:
    deployment = deploy()
    keyspace = deployment.settings.cassandra_keyspace
    cassandra.execute(f"ALTER TABLE {keyspace}.messages WITH read_repair = 'BLOCKING'")
    deployment.initialise()
    options = "SELECT read_repair FROM system_schema.tables WHERE keyspace_name = %s AND table_name = 'messages'"
    assert cassandra.execute(options, (keyspace,)).one().read_repair == "NONE"


def test_it_waits_for_a_cassandra_that_is_too_busy_for_a_statement(
    deploy: Deploy, servers: Servers, cassandra: Session, caplog: pytest.LogCaptureFixture
) -> None:
    settings = deploy().settings.model_copy(update={"cassandra_keyspace": "while_busy"})
    servers.cassandra.pause()
    try:
        with ThreadPoolExecutor(1) as pool:
            created = pool.submit(schema.create, cassandra, settings)
            assert wait_until(lambda: created.done() or "is executed again" in caplog.text, PATIENCE_SECONDS)
            servers.cassandra.resume()
            created.result(PATIENCE_SECONDS)
    finally:
        servers.cassandra.resume()
    assert schema.stored_settings(cassandra, settings) == {}


def test_what_cassandra_refuses_is_said_at_once_and_not_asked_again(
    deploy: Deploy, cassandra: Session, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = {"cassandra_keyspace": "elsewhere", "cassandra_local_datacenter": "nowhere"}
    settings = deploy().settings.model_copy(update=elsewhere)
    with pytest.raises(CassandraUnavailable, match=r"ConfigurationException.*nowhere"), failures_as_unavailable():
        schema.create(cassandra, settings)
    assert "is executed again" not in caplog.text


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("bucket_size", 5, "CHAT_BUCKET_SIZE is 5 here, but the stored data was made with 10000; set it to 10000"),
        ("log_partitions", 5, "CHAT_LOG_PARTITIONS is 5 here, but the stored data was made with 12; set it to 12"),
    ],
)
def test_it_refuses_settings_that_contradict_what_exists(
    deploy: Deploy, setting: str, value: int, message: str
) -> None:
    deployment = deploy()
    changed = deployment.settings.model_copy(update={setting: value})
    with pytest.raises(SettingsMismatch, match=message):
        initialise(changed, Choices(), lambda _: None)


@pytest.mark.parametrize("name", ["ingest.1", "dispatch.1"])
def test_a_process_refuses_other_settings_than_the_data_was_made_with(deploy: Deploy, name: str) -> None:
    deployment = deploy()
    process = deployment.spawn(name, CHAT_BUCKET_SIZE="5")
    process.wait_for_line("CHAT_BUCKET_SIZE is 5 here, but the stored data was made with 10000")
    assert process.popen.wait(PATIENCE_SECONDS) == 2


@pytest.mark.parametrize("name", ["ingest.1", "dispatch.1", "worker.1"])
def test_a_wrong_setting_is_one_clear_line(deploy: Deploy, name: str) -> None:
    process = deploy().spawn(name, CHAT_QUEUES="many")
    assert process.popen.wait(PATIENCE_SECONDS) != 0
    assert process.log == (
        "chat-tasks: wrong setting: CHAT_QUEUES: Input should be a valid integer, "
        "unable to parse string as an integer\n"
    )


@pytest.mark.parametrize("name", ["ingest.1", "dispatch.1"])
def test_a_process_says_that_init_was_not_run(deploy: Deploy, name: str) -> None:
    deployment = deploy()
    process = deployment.spawn(name, CHAT_CASSANDRA_KEYSPACE="nothing_here")
    process.wait_for_line("the keyspace nothing_here is not set up: run `chat-tasks init` first")
    assert process.popen.wait(PATIENCE_SECONDS) == 2


def test_partitions_may_be_added_to_every_topic_while_the_pipeline_runs(deploy: Deploy) -> None:
    """Inputs are read from the new ones too. The conversations stay where they are."""
    deployment = deploy()
    settings = deployment.settings
    _, dispatch, _ = deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(60, 9)
    send(settings, messages[:20])
    admin = AdminClient(base_config(settings))
    more = [NewPartitions(plan.name, plan.partitions + 2) for plan in plan_topics(settings)]
    for added in admin.create_partitions(more).values():
        added.result(PATIENCE_SECONDS)
    again = deployment.initialise()
    assert f"topic {settings.message_topic}: exists, 5 partitions" in again
    assert f"group {settings.ingest_group}: 0 offsets set" in again

    deployment.initialise(topic_partitions=5)
    send(settings.model_copy(update={"topic_partitions": 5}), messages[20:40])
    read_outputs(settings, messages[:40])
    dispatch.kill()
    deployment.start("dispatch.1")
    send(settings, messages[40:])
    read_outputs(settings, messages)
    outputs = read_topic(settings, settings.output_topic, len(messages))
    assert all(output.partition() == partition_of(output.key(), 3) for output in outputs)


def test_a_log_that_forgets_before_cassandra_syncs_is_refused(deploy: Deploy) -> None:
    process = deploy().spawn("dispatch.1", CHAT_REPLAY_WINDOW="15")
    process.wait_for_line("CHAT_REPLAY_WINDOW must exceed 15 s: a killed Cassandra node may forget so much")
    assert process.popen.wait(PATIENCE_SECONDS) == 2


def test_from_latest_passes_over_what_was_sent_before(deploy: Deploy) -> None:
    before = deploy()
    messages = some_messages(20, 3)
    send(before.settings, messages[:10])
    later: Deployment = deploy(
        message_topic=before.settings.message_topic, log_topic=before.settings.log_topic + "-later"
    )
    settings = later.settings.model_copy(update={"ingest_group": later.settings.ingest_group + "-later"})
    initialise(settings, Choices("latest"), lambda _: None)
    send(settings, messages[10:])
    later.start("ingest.1", CHAT_INGEST_GROUP=settings.ingest_group)
    later.start("dispatch.1", "worker.1")
    read_outputs(settings, messages[10:])


def test_an_offset_that_is_gone_ends_a_process_with_the_remedy(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    messages = some_messages(30, 3)
    send(settings, messages[:15])
    admin = AdminClient(base_config(settings))
    ends = [TopicPartition(settings.message_topic, number, 5) for number in range(settings.topic_partitions)]
    for deleted in admin.delete_records(ends).values():
        deleted.result(PATIENCE_SECONDS)

    process = deployment.spawn("ingest.1")
    process.wait_for_line("is gone: the topic was truncated or made anew. `chat-tasks init --reset-offsets`")
    assert process.popen.wait(PATIENCE_SECONDS) == 2

    initialise(settings, Choices(reset_offsets=True), lambda _: None)
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    send(settings, messages[15:])
    read_outputs(settings, messages[15:])
