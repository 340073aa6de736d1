"""`chat-tasks init`, and what the processes say where it was not run or no longer fits."""

import pytest
from cassandra.cluster import Session
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from bridge.commands.init import initialise
from bridge.commands.starting_offsets import Choices
from bridge.kafka.clients import base_config
from chat_tasks.errors import SettingsMismatch
from tests.pipeline.conversation import read_outputs, send, some_messages
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


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("bucket_size", 5, "CHAT_BUCKET_SIZE is 5 here, but the stored data was made with 10000; set it to 10000"),
        ("log_partitions", 5, "CHAT_LOG_PARTITIONS"),
        ("topic_partitions", 5, "CHAT_TOPIC_PARTITIONS"),
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
    assert process.popen.wait(30) == 2


@pytest.mark.parametrize("name", ["ingest.1", "dispatch.1", "worker.1"])
def test_a_wrong_setting_is_one_clear_line(deploy: Deploy, name: str) -> None:
    process = deploy().spawn(name, CHAT_QUEUES="many")
    assert process.popen.wait(30) != 0
    assert process.log == (
        "chat-tasks: wrong setting: CHAT_QUEUES: Input should be a valid integer, "
        "unable to parse string as an integer\n"
    )


@pytest.mark.parametrize("name", ["ingest.1", "dispatch.1"])
def test_a_process_says_that_init_was_not_run(deploy: Deploy, name: str) -> None:
    deployment = deploy()
    process = deployment.spawn(name, CHAT_CASSANDRA_KEYSPACE="nothing_here")
    process.wait_for_line("the keyspace nothing_here is not set up: run `chat-tasks init` first")
    assert process.popen.wait(30) == 2


def test_partitions_added_to_the_output_are_refused(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    admin = AdminClient(base_config(settings))
    [added] = admin.create_partitions([NewPartitions(settings.output_topic, 4)]).values()
    added.result(30)
    process = deployment.spawn("dispatch.1")
    process.wait_for_line(f"the number of partitions of {settings.output_topic} is 4 here")
    assert process.popen.wait(30) == 2


def test_a_log_that_forgets_before_cassandra_syncs_is_refused(deploy: Deploy) -> None:
    process = deploy().spawn("dispatch.1", CHAT_REPLAY_WINDOW="15")
    process.wait_for_line("CHAT_REPLAY_WINDOW must exceed 15 s: a killed Cassandra node may forget so much")
    assert process.popen.wait(30) == 2


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
        deleted.result(30)

    process = deployment.spawn("ingest.1")
    process.wait_for_line("is gone: the topic was truncated or made anew. `chat-tasks init --reset-offsets`")
    assert process.popen.wait(30) == 2

    initialise(settings, Choices(reset_offsets=True), lambda _: None)
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    send(settings, messages[15:])
    read_outputs(settings, messages[15:])
