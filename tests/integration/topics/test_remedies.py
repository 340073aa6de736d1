"""What is printed before a process ends is tried here: each remedy makes the checks before a loop pass."""

import logging
from collections.abc import Iterator
from functools import partial

import pytest
from cassandra.cluster import Session
from confluent_kafka.admin import AdminClient, NewTopic

from bridge.checks import check_servers
from bridge.commands.init.command import initialise
from bridge.commands.init.starting_offsets import Choices
from bridge.kafka.clients import base_config
from bridge.kafka.topics.configs import Property, alter_topic, read_topic_configs, unfit
from bridge.kafka.topics.plans import TopicPlan, partition_counts, plan_topics
from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.deployment import Deployment

pytestmark = pytest.mark.servers

WRONG = {
    "cleanup.policy": "compact",
    "compression.type": "gzip",
    "max.message.bytes": "9999",
    "message.timestamp.type": "CreateTime",
    "retention.bytes": "1000000000",
    "retention.ms": "600000000",
    "segment.bytes": "1000000000",
    "segment.ms": "600000000",
    "unclean.leader.election.enable": "true",
}


@pytest.fixture(scope="module")
def deployment(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """One for all tests: each leaves it as it has to be, and none starts a process."""
    deployment = Deployment.on(servers, 900, tmp_path_factory.mktemp("remedies"))
    deployment.initialise()
    return deployment


@pytest.fixture(scope="module")
def admin(deployment: Deployment) -> AdminClient:
    return AdminClient(base_config(deployment.settings))


def complaint(settings: Settings, session: Session) -> str:
    """Why no process would start."""
    with pytest.raises(ConfigurationError) as error:
        check_servers(settings, session)
    return str(error.value)


def seen(admin: AdminClient, plan: TopicPlan, wrong: set[str]) -> bool:
    """Whether the broker has heard of what was altered."""
    [found] = read_topic_configs(admin, [plan.name])
    return unfit(plan.properties, found).keys() == wrong


def test_init_sets_what_a_topic_has_to_be(
    deployment: Deployment, admin: AdminClient, cassandra: Session, caplog: pytest.LogCaptureFixture
) -> None:
    settings = deployment.settings
    for plan in plan_topics(settings):
        # What `init` sets on new topics only, nobody else's choice contradicts.
        wrong = {name for name in WRONG if name in plan.properties and plan.properties[name].relation != "at first"}
        alter_topic(admin, plan.name, {name: Property(WRONG[name]) for name in wrong})
        assert wait_until(partial(seen, admin, plan, wrong), PATIENCE_SECONDS)
        said = complaint(settings, cassandra)
        assert said.startswith(f"{plan.name} must have cleanup.policy=delete, ")
        assert said.endswith(": `chat-tasks init` sets it")
        assert all((f"{name}=" in said) == plan.properties[name].is_vital for name in wrong)
        again = deployment.initialise()
        assert [line for line in again if line.startswith(f"topic {plan.name}: has cleanup.policy=delete, ")]
        check_servers(settings, cassandra)

    log = plan_topics(settings)[1]
    alter_topic(admin, log.name, {"segment.ms": Property(WRONG["segment.ms"])})
    assert wait_until(partial(seen, admin, log, {"segment.ms"}), PATIENCE_SECONDS)
    check_servers(settings, cassandra)
    advice = f"{log.name} should have segment.ms=300000: `chat-tasks init` sets it"
    assert (logging.WARNING, advice) in [(record.levelno, record.getMessage()) for record in caplog.records]


def test_init_leaves_alone_what_protects_more_and_what_is_nobody_s_but_the_operator_s(
    deployment: Deployment, admin: AdminClient
) -> None:
    output = deployment.settings.output_topic
    chosen = {"retention.ms": "86400000", "max.message.bytes": "2000000"}
    alter_topic(admin, output, {name: Property(value) for name, value in chosen.items()})
    deployment.initialise()
    [found] = read_topic_configs(admin, [output])
    assert {name: found[name] for name in chosen} == chosen


def test_init_makes_a_topic_that_is_missing(deployment: Deployment, admin: AdminClient, cassandra: Session) -> None:
    settings = deployment.settings
    delete(admin, settings.block_topic)
    assert complaint(settings, cassandra) == (
        f"topics are missing, or new ({settings.block_topic}): run `chat-tasks init` first"
    )
    deployment.initialise()
    check_servers(settings, cassandra)


def test_init_takes_in_a_topic_that_was_there_before(
    deployment: Deployment, admin: AdminClient, cassandra: Session
) -> None:
    settings = deployment.settings.model_copy(update={"output_topic": f"{deployment.settings.output_topic}-new"})
    create(admin, settings.output_topic, 1)
    assert "run `chat-tasks init` first" in complaint(settings, cassandra)
    initialise(settings, Choices(), lambda _: None)
    check_servers(settings, cassandra)


@pytest.mark.parametrize("partitions", [2, None], ids=["by an operator", "by init"])
def test_init_gives_an_output_topic_that_was_made_anew_the_partitions_that_it_had(
    deployment: Deployment, admin: AdminClient, cassandra: Session, partitions: int | None
) -> None:
    settings = deployment.settings
    delete(admin, settings.output_topic)
    if partitions is not None:
        create(admin, settings.output_topic, partitions)
        assert complaint(settings, cassandra) == (
            f"{settings.output_topic} needs 3 partitions and has 2: `chat-tasks init` adds them"
        )
    deployment.initialise(topic_partitions=1)
    check_servers(settings, cassandra)
    assert partition_counts(admin, [settings.output_topic]) == {settings.output_topic: 3}


def test_a_topic_with_too_few_copies(deployment: Deployment, cassandra: Session) -> None:
    settings = deployment.settings.model_copy(update={"topic_min_insync_replicas": 2})
    assert "must have min.insync.replicas=2 or more: `chat-tasks init` sets it" in complaint(settings, cassandra)
    with pytest.raises(ConfigurationError, match="set CHAT_TOPIC_MIN_INSYNC_REPLICAS=1, or get more copies"):
        initialise(settings, Choices(), lambda _: None)
    check_servers(settings.model_copy(update={"topic_min_insync_replicas": 1}), cassandra)


def test_a_setting_that_the_data_was_not_made_with(deployment: Deployment, cassandra: Session) -> None:
    settings = deployment.settings.model_copy(update={"bucket_size": 5})
    assert complaint(settings, cassandra) == (
        "CHAT_BUCKET_SIZE is 5 here, but the stored data was made with 10000; set it to 10000"
    )
    check_servers(settings.model_copy(update={"bucket_size": 10_000}), cassandra)


def test_init_sets_up_a_keyspace(deployment: Deployment, cassandra: Session) -> None:
    new = {name: f"{value}_new" for name, value in names_of(deployment.settings)}
    settings = deployment.settings.model_copy(update=new)
    assert complaint(settings, cassandra) == (
        f"the keyspace {settings.cassandra_keyspace} is not set up: run `chat-tasks init` first"
    )
    initialise(settings, Choices(), lambda _: None)
    check_servers(settings, cassandra)


def names_of(settings: Settings) -> Iterator[tuple[str, str]]:
    """Whatever two pipelines must not share."""
    for name, value in settings:
        if name.endswith(("_topic", "_group", "_keyspace")):
            yield name, value


def test_what_lets_cassandra_forget(deployment: Deployment, cassandra: Session) -> None:
    settings = deployment.settings
    keyspace = settings.cassandra_keyspace
    cassandra.execute(f"ALTER TABLE {keyspace}.messages WITH default_time_to_live = 100")
    assert complaint(settings, cassandra) == f"table {keyspace}.messages must have default_time_to_live = 0"
    cassandra.execute(f"ALTER TABLE {keyspace}.messages WITH default_time_to_live = 0")
    cassandra.execute(f"ALTER KEYSPACE {keyspace} WITH durable_writes = false")
    assert complaint(settings, cassandra) == f"keyspace {keyspace} must have durable_writes = true"
    cassandra.execute(f"ALTER KEYSPACE {keyspace} WITH durable_writes = true")
    short = settings.model_copy(update={"replay_window": 15.0})
    assert complaint(short, cassandra).startswith("CHAT_REPLAY_WINDOW must exceed 15 s")
    check_servers(settings.model_copy(update={"replay_window": 15.1}), cassandra)


def delete(admin: AdminClient, topic: str) -> None:
    admin.delete_topics([topic])[topic].result(PATIENCE_SECONDS)
    assert wait_until(lambda: not partition_counts(admin, [topic]), PATIENCE_SECONDS)


def create(admin: AdminClient, topic: str, partitions: int) -> None:
    """Make a topic as an operator would, and wait until the broker knows it."""
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(PATIENCE_SECONDS)
    assert wait_until(lambda: partition_counts(admin, [topic]) == {topic: partitions}, PATIENCE_SECONDS)
