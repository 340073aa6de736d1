"""The whole pipeline on closed servers, each process under its own identity: its list suffices, and is needed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bridge.kafka.clients import base_config
from chat_tasks.formats.topics import InstantMessage, encode_message
from stack.processes.ports import free_port
from stack.security.identities import IDENTITIES
from stack.security.kafka_permissions import KafkaPermission, kafka_permissions
from stack.servers.secured import SecuredServers
from stack.waiting import wait_until
from tests.integration.secured.console import Console
from tests.integration.secured.decisions import (
    Grant,
    RedisWatch,
    cassandra_grants,
    cassandra_in_use,
    denials,
    kafka_in_use,
)
from tests.pipeline.conversation import (
    PATIENCE_SECONDS,
    assert_rows_match,
    read_outputs,
    send,
    some_messages,
)
from tests.pipeline.deployment import Process
from tests.pipeline.secured import SecuredDeployment

pytestmark = pytest.mark.servers

SICK = "sick"

# What the run does not come to, each with what needs it.
RARE_IN_KAFKA = {
    # Another producer's transaction that holds a partition back for more than ten seconds.
    KafkaPermission("chat_ingest", "group", "open-transactions", "Describe"),
    KafkaPermission("chat_dispatch", "group", "open-transactions", "Describe"),
    # `doctor` asks for them too, and is often done before its client looks for the group's coordinator.
    KafkaPermission("chat_operator", "group", "open-transactions", "Describe"),
    KafkaPermission("chat_console", "group", "open-transactions", "Describe"),
}
RARE_IN_REDIS = {
    # Flower looks for Celery's default queue until it knows a worker.
    ("chat_flower", "~celery"),
    # A task that is overdue is looked for in its queue.
    ("chat_dispatch", "+eval"),
    ("chat_dispatch", "+lrange"),
    # kombu forgets the bindings of those who are gone for long.
    ("chat_flower", "+exists"),
    ("chat_flower", "+zrem"),
    ("chat_console", "+exists"),
    ("chat_console", "+zrangebyscore"),
    ("chat_console", "+zrem"),
    ("chat_operator", "+exists"),
    ("chat_operator", "+zrangebyscore"),
    ("chat_operator", "+zrem"),
    ("chat_worker", "+exists"),
    ("chat_worker", "+zrem"),
    # A consumer that is taken away while its process goes on.
    ("chat_flower", "+punsubscribe"),
    ("chat_worker", "+srem"),
    # Who comes first loads kombu's scripts.
    ("chat_flower", "+script|load"),
    ("chat_console", "+script|load"),
    ("chat_operator", "+script|load"),
    ("chat_worker", "+script|load"),
}
RARE_IN_CASSANDRA = {
    # A log that was purged before horizons were stored.
    Grant("chat_init", "MODIFY", "TABLE chat.messages"),
    # Conversations that were imported, or written before there were marks.
    Grant("chat_init", "SELECT", "TABLE chat.conversation_buckets"),
    Grant("chat_console", "SELECT", "TABLE chat.conversation_buckets"),
    Grant("chat_operator", "SELECT", "TABLE chat.conversation_buckets"),
    Grant("chat_worker", "SELECT", "TABLE chat.conversation_buckets"),
}


def messages_of(key: str, texts: Iterable[str]) -> list[InstantMessage]:
    """Of one conversation."""
    return [InstantMessage(conversationKey=key, sender="ann", recipients=["bob"], body=text) for text in texts]


def test_the_lists_suffice_and_nothing_in_them_is_left_over(
    secured_servers: SecuredServers, pipeline: SecuredDeployment
) -> None:
    denied_before = denials(secured_servers)
    watch = RedisWatch(secured_servers)
    try:
        run_everything(secured_servers, pipeline)
    finally:
        watch.close()
    assert [one for one in denials(secured_servers) if one not in denied_before] == []
    asked = kafka_in_use(secured_servers)
    unused = {one for one in kafka_permissions() if one._replace(operation=one.operation.lower()) not in asked}
    left_over = [
        *(unused - RARE_IN_KAFKA),
        *(cassandra_grants() - cassandra_in_use(secured_servers) - RARE_IN_CASSANDRA),
        *(watch.unused() - RARE_IN_REDIS),
    ]
    assert not left_over, "\n".join(sorted(map(str, left_over)))


def run_everything(servers: SecuredServers, pipeline: SecuredDeployment) -> None:
    """Messages, bad records, latest messages, a quarantine and its end, while a worker and the broker are killed."""
    settings = pipeline.settings
    port = free_port()
    pipeline.flower(port)
    # Before it knows a worker, it looks for Celery's default queue.
    assert wait_until(lambda: look_at(port, "broker"), PATIENCE_SECONDS, interval=0.3)
    ingest, dispatch, worker = pipeline.start("ingest.1", "dispatch.1", "prefork.1")
    console = Console.started(servers, pipeline)
    messages = some_messages(200, 20)
    send(settings, messages[:100])
    worker.kill()
    servers.kafka.kill()
    servers.kafka.start()
    servers.kafka.wait_until_answering()
    pipeline.start("prefork.2")
    send(settings, messages[100:])
    sick = messages_of(SICK, ("before", "before too"))
    send(settings, sick)
    read_outputs(settings, [*messages, *sick])

    letters = send_letters_again(pipeline, console)
    letters += console.send("typed", "in the console")
    assert "before too" in pipeline.command("chat_tools", "chat-tasks", "latest", SICK)
    assert "before too" in pipeline.command("chat_operator", "chat-tasks", "history", SICK)
    assert wait_until(lambda: is_purged(servers, pipeline), PATIENCE_SECONDS, interval=0.3)
    assert all(look_at(port, page) for page in ("broker", "workers?refresh=1"))

    found = json.loads(pipeline.command("chat_operator", "chat-tasks", "doctor", "--json", expected=1))
    assert {one["status"] for one in found} == console.statuses() == {"ok", "warning"}, found
    assert_no_secret_is_shown(servers, pipeline)

    dispatch.stop()
    with servers.administration() as session:
        kept_aside = quarantine(pipeline, console, session)
        everything = [*messages, *sick, *letters, *kept_aside]
        assert_rows_match(session, settings, read_outputs(settings, everything))
    assert f"{len(everything)} messages" in pipeline.command("chat_operator", "chat-tasks", "verify")
    assert "1 messages are erased" in pipeline.command("chat_eraser", "chat-tasks", "erase", SICK, "0")
    told = pipeline.command("chat_operator", "chat-tasks", "audit", "--json").splitlines()
    assert {(one["action"], one["result"]) for one in map(json.loads, told)} == {
        *((action, "done") for action in ("replay", "purge", "send", "release", "erase")),
        # One that is waited for too briefly has failed, as far as its command knows.
        ("release", "failed"),
    }
    next(one for one in pipeline.processes if one.name == "dispatch.1" and one.runs).stop()
    let_records_wait(pipeline, ingest, console)
    for process in pipeline.processes:
        if process.runs:
            process.stop()
    lose_the_position(servers, pipeline)
    said = pipeline.command("chat_init", "chat-tasks", "init", "--log", "after-rows", "--from", "latest")
    assert "offsets set" in said


def assert_no_secret_is_shown(servers: SecuredServers, pipeline: SecuredDeployment) -> None:
    """Neither in what processes log, Flower's and the workers' answers to it included, nor in the list of processes."""
    shown = [process.log for process in pipeline.processes]
    for process in pipeline.processes:
        if process.runs:
            parent = psutil.Process(process.popen.pid)
            shown += [" ".join(one.cmdline()) for one in (parent, *parent.children(recursive=True))]
    for password in servers.passwords.of_all(IDENTITIES).values():
        assert not any(password in text for text in shown)
    # As kombu says of a connection that takes any certificate.
    assert not any("insecure" in text for text in shown)


def let_records_wait(pipeline: SecuredDeployment, ingest: Process, console: Console) -> None:
    """With dispatch stopped, and then ingest too: the age of what waits is read from its first record."""
    settings = pipeline.settings

    def waits(station: str) -> bool:
        found = json.loads(pipeline.command("chat_operator", "chat-tasks", "top", "--json"))
        [figures] = [one["figures"] for one in found["stations"] if one["name"] == station]
        told = {one["label"]: one["value"] for one in figures}
        return bool(told["waits"]) and told["oldest"] is not None

    send(settings, messages_of("late", ("in the log",)))
    assert wait_until(lambda: waits("log"), PATIENCE_SECONDS)
    ingest.stop()
    send(settings, messages_of("late", ("in the input",)))
    pipeline.command("chat_tools", "chat-tasks", "latest", "late", "--timeout", "0.1", expected=2)
    assert wait_until(lambda: waits("in"), PATIENCE_SECONDS)
    assert "failure" in console.statuses()


def look_at(port: int, page: str) -> bool:
    """Whether Flower shows a page."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/{page}") as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


def send_letters_again(pipeline: SecuredDeployment, console: Console) -> list[InstantMessage]:
    """What is not valid, of both inputs, becomes a letter; it is mended, sent again, and its letter deleted."""
    settings = pipeline.settings
    [mended] = messages_of("mended", ("at last",))
    values = {
        settings.message_topic: encode_message(mended),
        settings.request_topic: b'{"conversationKey":"mended","numMsgs":1}',
    }
    producer = Producer(base_config(settings))
    topics = [*values, settings.request_topic]
    for topic in topics:
        producer.produce(topic, b"nonsense")
    assert producer.flush(PATIENCE_SECONDS) == 0

    def listed() -> list[dict[str, Any]]:
        lines = pipeline.command("chat_operator", "chat-tasks", "letters", "list", "--json").splitlines()
        return [json.loads(line) for line in lines]

    assert wait_until(lambda: len(listed()) == len(topics), PATIENCE_SECONDS, interval=0.5)
    *others, last = sorted(listed(), key=lambda one: topics.index(one["topic"]))
    console.replay(last["id"], values[last["topic"]])
    for one in others:
        said = pipeline.command(
            "chat_operator", "chat-tasks", "letters", "replay", one["id"], "--value", values[one["topic"]].decode()
        )
        assert "1 letters sent again" in said
    assert "deletes all below" in pipeline.command("chat_operator", "chat-tasks", "letters", "purge")
    return [mended]


def quarantine(pipeline: SecuredDeployment, console: Console, session: Any) -> list[InstantMessage]:
    """A conversation is quarantined because of a row that nobody can have written, and released."""
    one = "WHERE conversation_key = %s AND bucket = 0 AND seq = 2"
    [row] = session.execute(
        "SELECT log_id FROM chat.messages WHERE conversation_key = %s AND bucket = 0 LIMIT 1", [SICK]
    )
    session.execute(
        "INSERT INTO chat.messages (conversation_key, bucket, seq, sender, body, log_id, log_offset) "
        "VALUES (%s, 0, 2, 'nobody', 'nothing', %s, 1000000000) USING TIMESTAMP 1",
        (SICK, row.log_id),
    )
    pipeline.start("dispatch.1")
    kept_aside = messages_of(SICK, ("kept aside",))
    send(pipeline.settings, kept_aside)
    show = ("chat-tasks", "quarantine", "show")
    assert wait_until(lambda: SICK in pipeline.command("chat_operator", *show), PATIENCE_SECONDS, interval=0.5)
    # Too early: it is quarantined again.
    pipeline.command("chat_operator", "chat-tasks", "quarantine", "release", SICK, "--timeout", "0.01", expected=2)
    assert wait_until(
        lambda: json.loads(pipeline.command("chat_operator", *show, "--json"))[0]["state"] == "quarantined",
        PATIENCE_SECONDS,
        interval=0.5,
    )
    session.execute(f"DELETE FROM chat.messages USING TIMESTAMP 1 {one}", [SICK])
    console.release(SICK)
    assert wait_until(
        lambda: "no conversation" in pipeline.command("chat_operator", *show), PATIENCE_SECONDS, interval=0.5
    )
    return kept_aside


def is_purged(servers: SecuredServers, pipeline: SecuredDeployment) -> bool:
    """Whether dispatch has deleted what it needs no more."""
    admin = AdminClient(servers.kafka.client())
    earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
    partitions = [TopicPartition(pipeline.settings.log_topic, number) for number in range(4)]
    found = admin.list_offsets(dict.fromkeys(partitions, earliest))
    return any(future.result(PATIENCE_SECONDS).offset > 0 for future in found.values())


def lose_the_position(servers: SecuredServers, pipeline: SecuredDeployment) -> None:
    """Kafka forgets the group of dispatch, once its members are gone."""
    admin = AdminClient(servers.kafka.client())
    group = pipeline.settings.dispatch_group

    def forgotten() -> bool:
        return admin.delete_consumer_groups([group])[group].exception(PATIENCE_SECONDS) is None

    assert wait_until(forgotten, PATIENCE_SECONDS, interval=0.3)
