"""The groups' positions: what init and the bridges say if a position is lost or says nothing, and each remedy tried."""

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial

import pytest
from cassandra.cluster import Session
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bridge.kafka.clients import base_config
from bridge.kafka.groups import committed_offsets, consumed_topics
from bridge.kafka.send import send_record
from bridge.kafka.topics.ids import known_partitions_name, known_topics, topic_id_name
from bridge.kafka.topics.plans import plan_topics
from bridge.kafka.transaction import OWN_METADATA, Partition
from chat_tasks.settings import Settings
from chat_tasks.storage.quarantine import QuarantineTable
from chat_tasks.storage.schema import stored_settings
from stack.waiting import wait_until
from tests.pipeline.conversation import (
    PATIENCE_SECONDS,
    assert_rows_match,
    read_outputs,
    read_topic,
    send,
    some_messages,
    stored_rows,
)
from tests.pipeline.deployment import SCRIPTS, Deploy, Deployment

pytestmark = [pytest.mark.servers, pytest.mark.long]

SESSION_SECONDS = 6
ALL = ("ingest.1", "dispatch.1", "worker.1")


def run_init(deployment: Deployment, *options: str) -> tuple[int, str]:
    """The exit code of `chat-tasks init`, and what it said."""
    done = subprocess.run(
        [SCRIPTS / "chat-tasks", "init", *options],
        env={**os.environ, **deployment.environment},
        cwd=deployment.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def assert_exits(deployment: Deployment, name: str, reason: str) -> None:
    """This bridge does not start, for this reason."""
    process = deployment.spawn(name)
    process.wait_for_line(reason)
    assert process.popen.wait(PATIENCE_SECONDS) == 2


def accepted(action: Callable[[], object]) -> Callable[[], bool]:
    """Whether Kafka does it now: not yet while a process that has ended is a member, or a topic is being deleted."""

    def try_it() -> bool:
        try:
            action()
        except KafkaException:
            return False
        return True

    return try_it


def make_anew(settings: Settings, topic: str, *, more_partitions: int = 0) -> None:
    """Delete the topic and create it as it was, or with more partitions."""
    admin = AdminClient(base_config(settings))
    [plan] = [plan for plan in plan_topics(settings) if plan.name == topic]
    admin.delete_topics([topic])[topic].result(PATIENCE_SECONDS)
    partitions = plan.partitions + more_partitions
    new = NewTopic(topic, partitions, settings.topic_replication_factor, config=plan.config)
    assert wait_until(accepted(lambda: admin.create_topics([new])[topic].result(PATIENCE_SECONDS)), PATIENCE_SECONDS)


def commit(settings: Settings, offsets: Iterable[tuple[Partition, int, str]]) -> None:
    """Commit for the groups of these partitions, once they have no members."""
    for partition, offset, metadata in offsets:
        group = {**base_config(settings), "group.id": consumed_topics(settings)[partition.topic]}
        asked = TopicPartition(*partition, offset, metadata)
        with closing(Consumer(group)) as consumer:
            committed = accepted(partial(consumer.commit, offsets=[asked], asynchronous=False))
            assert wait_until(committed, PATIENCE_SECONDS)


def held(settings: Settings, topic: str) -> dict[Partition, TopicPartition]:
    """What the topic's group holds."""
    count = settings.log_partitions if topic == settings.log_topic else settings.topic_partitions
    group = {**base_config(settings), "group.id": consumed_topics(settings)[topic]}
    with closing(Consumer(group)) as consumer:
        return committed_offsets(consumer, [Partition(topic, number) for number in range(count)])


def delete_group(admin: AdminClient, group: str) -> None:
    """Delete the group; Kafka refuses while it has members."""
    admin.delete_consumer_groups([group])[group].result(PATIENCE_SECONDS)


def forget(settings: Settings) -> None:
    """Delete the offsets of both groups, as Kafka does some time after the last member has left."""
    admin = AdminClient(base_config(settings))
    for group in {settings.ingest_group, settings.dispatch_group}:
        assert wait_until(accepted(partial(delete_group, admin, group)), PATIENCE_SECONDS)


def forget_topics(session: Session, settings: Settings) -> None:
    """Delete what versions of before did not store."""
    delete = f"DELETE FROM {settings.cassandra_keyspace}.stored_settings WHERE name = %s IF EXISTS"
    for topic in consumed_topics(settings):
        for name in (topic_id_name(topic), known_partitions_name(topic)):
            session.execute(delete, (name,))


def test_topics_made_anew_are_noticed_and_begun_at_their_first_record(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(session_timeout=SESSION_SECONDS)
    settings = deployment.settings
    messages = some_messages(30, 5)
    ingest, dispatch, _ = deployment.start(*ALL)
    send(settings, messages)
    read_outputs(settings, messages)

    # While the bridges run: the new records lie on both sides of the position in the old topic.
    for topic in (settings.message_topic, settings.request_topic):
        make_anew(settings, topic)
    messages += (more := some_messages(60, 5, seed=1))
    send(settings, more)
    assert (ingest.popen.wait(PATIENCE_SECONDS), dispatch.popen.wait(PATIENCE_SECONDS)) == (2, 2)
    code, said = run_init(deployment)
    assert code == 2
    assert f"{settings.message_topic} was made anew" in said
    assert run_init(deployment, "--reset-offsets")[0] == 0
    ingest, dispatch = deployment.start("ingest.1", "dispatch.1")
    read_outputs(settings, messages)

    # While they are stopped, with the log, all of which was published.
    ingest.stop()
    dispatch.stop()
    make_anew(settings, settings.message_topic, more_partitions=2)
    make_anew(settings, settings.log_topic)
    messages += (more := some_messages(30, 5, seed=2))
    send(settings, more)
    assert_exits(deployment, "ingest.1", f"{settings.message_topic} was made anew")
    assert_exits(deployment, "dispatch.1", f"{settings.log_topic} was made anew")
    code, said = run_init(deployment, "--reset-offsets")
    assert code == 0
    deployment.start("ingest.1", "dispatch.1")
    assert_rows_match(cassandra, settings, read_outputs(settings, messages))
    assert f"group {settings.ingest_group}: 0 offsets set" in run_init(deployment, "--reset-offsets")[1]
    known = known_topics(stored_settings(cassandra, settings), consumed_topics(settings))
    assert known[settings.message_topic].partitions == settings.topic_partitions + 2


def test_output_topics_that_are_made_anew_get_what_comes_next(deploy: Deploy, cassandra: Session) -> None:
    """They hold no position: the bridges go on, and what was published is in the rows."""
    deployment = deploy()
    settings = deployment.settings
    deployment.start(*ALL)
    messages = some_messages(10, 1)
    send(settings, messages)
    read_outputs(settings, messages)
    for topic in (settings.output_topic, settings.dead_letter_topic):
        make_anew(settings, topic)
    send(settings, some_messages(10, 1, seed=1))
    send_record(settings, settings.message_topic, b"not JSON")
    numbers = [json.loads(one.value())["conversationMsgSeq"] for one in read_topic(settings, settings.output_topic, 10)]
    assert numbers == list(range(10, 20))
    read_topic(settings, settings.dead_letter_topic, 1)
    [rows] = stored_rows(cassandra, settings).values()
    assert [row.seq for row in rows] == list(range(20))


def test_lost_positions_are_named_and_the_pipeline_goes_on_after_its_rows(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy(session_timeout=SESSION_SECONDS)
    settings = deployment.settings
    messages = some_messages(30, 5)
    ingest, dispatch, worker = deployment.start(*ALL)
    send(settings, messages)
    read_outputs(settings, messages)
    dispatch.stop()
    worker.stop()
    # These are in the log, and have no rows yet.
    messages += (more := some_messages(9, 5, seed=1))
    send(settings, more)
    read_topic(settings, settings.log_topic, len(messages))
    ingest.stop()

    kept = [(one, what.offset, what.metadata or "") for one, what in held(settings, settings.message_topic).items()]
    forget(settings)
    commit(settings, [one for one in kept if one[0].number != 1])
    assert_exits(deployment, "ingest.1", f"{settings.message_topic} [1]: Kafka has forgotten the group's offset")
    assert_exits(deployment, "dispatch.1", "Kafka has forgotten the group's offset")
    code, said = run_init(deployment)
    assert code == 2
    assert f"{settings.message_topic} [1]," in said
    assert f"{settings.log_topic} {list(range(settings.log_partitions))}" in said
    for choice in ("--from latest", "--from earliest", "--log after-rows", "--log publish-again"):
        assert choice in said
    assert run_init(deployment, "--from", "latest", "--log", "after-rows")[0] == 0
    ingest, dispatch, _ = deployment.start(*ALL)
    read_outputs(settings, messages)

    # The offsets of both groups are set five back, as Kafka's tool does it.
    ingest.stop()
    dispatch.stop()
    for topic in (settings.message_topic, settings.log_topic):
        commit(settings, [(one, max(what.offset - 5, 0), "") for one, what in held(settings, topic).items()])
    assert_exits(deployment, "ingest.1", "something else has set it")
    assert_exits(deployment, "dispatch.1", "something else has set it")
    code, said = run_init(deployment)
    assert code == 2
    assert "--accept-offsets" in said
    assert run_init(deployment, "--from", "latest", "--log", "after-rows")[0] == 0
    messages += (more := some_messages(9, 5, seed=2))
    send(settings, more)
    deployment.start("ingest.1", "dispatch.1")
    assert_rows_match(cassandra, settings, read_outputs(settings, messages))


@pytest.mark.parametrize("how", ["forgotten", "set back"])
def test_what_is_taken_and_published_again_is_what_the_operator_was_told(
    deploy: Deploy, cassandra: Session, how: str
) -> None:
    deployment = deploy(session_timeout=SESSION_SECONDS, replay_window=300)
    settings = deployment.settings
    messages = some_messages(6, 1)
    ingest, dispatch, _ = deployment.start(*ALL)
    send(settings, messages)
    published = [one.value() for one in read_topic(settings, settings.output_topic, 6)]
    ingest.stop()
    dispatch.stop()
    if how == "forgotten":
        forget(settings)
        options = ["--from", "earliest", "--log", "publish-again"]
    else:
        inputs = [Partition(settings.message_topic, number) for number in range(settings.topic_partitions)]
        log = [one for one, what in held(settings, settings.log_topic).items() if what.offset > 0]
        commit(settings, [(one, 0, "") for one in (*inputs, *log)])
        options = ["--accept-offsets"]
    assert run_init(deployment)[0] == 2
    assert run_init(deployment, *options)[0] == 0
    deployment.start("ingest.1", "dispatch.1")
    outputs = [one.value() for one in read_topic(settings, settings.output_topic, 18)]
    assert outputs[6:12] == published
    [rows] = stored_rows(cassandra, settings).values()
    assert sorted(row.body for row in rows) == sorted(2 * [message.body for message in messages])
    assert [row.seq for row in rows] == list(range(12))


def test_a_truncated_log_is_made_anew(deploy: Deploy, cassandra: Session) -> None:
    """A bridge would begin below what is committed, and take what comes there for what was there before."""
    deployment = deploy(session_timeout=SESSION_SECONDS)
    settings = deployment.settings
    commit(settings, [(Partition(settings.log_topic, 0), 7, OWN_METADATA)])
    assert_exits(deployment, "dispatch.1", f"offset 7 of {settings.log_topic}[0] is gone: the topic was truncated")
    code, said = run_init(deployment, "--reset-offsets")
    assert code == 2
    assert f"Delete the topic {settings.log_topic}, and `chat-tasks init` makes it anew" in said
    admin = AdminClient(base_config(settings))
    admin.delete_topics([settings.log_topic])[settings.log_topic].result(PATIENCE_SECONDS)
    QuarantineTable(cassandra, settings.cassandra_keyspace, settings.log_partitions).add("sick", "its rows differ")
    assert wait_until(lambda: "`chat-tasks init --leave-letters`" in run_init(deployment)[1], PATIENCE_SECONDS)
    assert run_init(deployment)[0] == 2
    assert run_init(deployment, "--leave-letters")[0] == 0
    deployment.start(*ALL)
    messages = some_messages(10, 2)
    send(settings, messages)
    read_outputs(settings, messages)


def test_an_installation_of_before_is_upgraded_by_one_init(deploy: Deploy, cassandra: Session) -> None:
    """It has no ids, and offsets without a mark where dispatch has never committed. If they are gone, it is asked."""
    deployment = deploy(session_timeout=SESSION_SECONDS)
    settings = deployment.settings
    send(settings, messages := some_messages(9, 2))
    inputs = [Partition(settings.message_topic, number) for number in range(settings.topic_partitions)]
    commit(settings, [(one, 1, "") for one in inputs])
    forget_topics(cassandra, settings)
    for name in ("ingest.1", "dispatch.1"):
        assert_exits(deployment, name, "stop all bridges, and run it once")
    code, said = run_init(deployment)
    assert code == 0
    assert f"group {settings.ingest_group}: 3 offsets set" in said
    ingest, dispatch, _ = deployment.start(*ALL)
    read_outputs(settings, messages[3:])

    ingest.stop()
    dispatch.stop()
    forget_topics(cassandra, settings)
    forget(settings)
    code, said = run_init(deployment)
    assert code == 2
    for choice in ("--from latest", "--log after-rows"):
        assert choice in said
