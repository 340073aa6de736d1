"""One sender of a long conversation is erased under load: nothing else changes, and the text leaves every disk.

`ERASURE_MESSAGES=100000 pytest tests/integration/test_erasure.py` tries it with as many messages.
"""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any

import orjson
import pytest
from cassandra.cluster import Session
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from bridge.commands.latest import CORRELATION_HEADER
from bridge.kafka.aborted_record import append_aborted_record
from bridge.kafka.clients import base_config
from bridge.kafka.send import send_record
from bridge.kafka.topics.configs import Property, alter_topic
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings
from stack.home import jars_folder
from stack.pipeline.sender import new_sender
from stack.processes.ports import free_port
from stack.servers.kafka import KafkaSettings
from stack.servers.one_of_each import Servers
from stack.waiting import wait_until
from tests.chaos.checker.checker import anomalies
from tests.chaos.history import History, Invalid, Request, Sent
from tests.chaos.run.run import is_drained
from tests.chaos.traffic.observer import Observer
from tests.chaos.traffic.stored import rows_of
from tests.chaos.traffic.workload import Workload
from tests.integration.test_commands import chat_tasks
from tests.pipeline.altered_broker import AlteredBroker
from tests.pipeline.deployment import SCRIPTS, Deploy, Deployment

pytestmark = [pytest.mark.servers, pytest.mark.long, pytest.mark.timeout(1800)]

NUMBER = int(os.environ.get("ERASURE_MESSAGES", "2000"))
BUCKETS = 10
SENDERS = ("ann", "bob", "mallory")
MINE = range(2, NUMBER, len(SENDERS))
LONG = "long"
RATE = 50.0
REQUEST_SECONDS = 0.05
PATIENCE_SECONDS = 90.0 + NUMBER / 200
# By default a broker looks every five minutes, and waits for one more.
QUICK = {"log.retention.check.interval.ms": 500, "log.initial.task.delay.ms": 500, "log.segment.delete.delay.ms": 100}
# The texts to erase begin with it, and no other text does. Random digits do not shrink.
CANARY = str(SystemRandom().randrange(10**11, 10**12))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[AlteredBroker]:
    settings = KafkaSettings(tmp_path / "kafka", port=free_port(), controller_port=free_port(), profile="fast_start")
    broker = AlteredBroker(settings, jars_folder())
    broker.start_with(QUICK)
    yield broker
    broker.stop()


def value_of(number: int) -> bytes:
    # The observer wants a number, which is above all numbers of the workload.
    is_mine = number in MINE
    body = f"m-{CANARY}{number:06}" if is_mine else f"m-{10**9 + number}"
    recipients = ["dora", f"{CANARY} too"] if is_mine else ["dora"]
    sender = SENDERS[number % len(SENDERS)]
    return orjson.dumps({"conversationKey": LONG, "sender": sender, "recipients": recipients, "body": body})


def send_long_conversation(settings: Settings, history: History) -> None:
    """Send it all through one input partition, so that its numbers follow the order of sending."""
    producer = new_sender(settings)

    def acknowledged(body: str, error: object, message: Any) -> None:
        assert error is None
        history.sent.append(Sent(message.partition(), message.offset(), LONG, body, time.time()))

    for number in range(NUMBER):
        value = value_of(number)
        on_delivery = partial(acknowledged, orjson.loads(value)["body"])
        producer.produce(settings.message_topic, value, key=LONG.encode(), on_delivery=on_delivery)
        producer.poll(0)
    assert producer.flush(PATIENCE_SECONDS) == 0


def ask(settings: Settings, history: History) -> str:
    """Ask for the newest messages of the long conversation; returns what names the request."""
    identity = f"long-{time.monotonic_ns()}"
    value = orjson.dumps({"conversationKey": LONG, "numMsgs": 100})
    history.requests.append(Request(identity, LONG, 100, NUMBER, time.time()))
    send_record(settings, settings.request_topic, value, headers=[(CORRELATION_HEADER, identity.encode())])
    return identity


def send_invalid(settings: Settings, history: History) -> None:
    """Send the eraser's text in a record that becomes a dead letter."""
    value = value_of(2)[:-1]
    history.invalid.append(Invalid(*send_record(settings, settings.message_topic, value), value, time.time()))


def begin_to_erase(deployment: Deployment) -> "subprocess.Popen[str]":
    command = [str(SCRIPTS / "chat-tasks"), "erase", LONG, "--sender", "mallory", "--json"]
    environment = {**os.environ, **deployment.environment}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def erase_twice(deployment: Deployment, cassandra: Session, history: History) -> Any:
    """Kill the command as soon as one row is blank, and run it again, while requests come; returns its report."""
    settings = deployment.settings
    query = f"SELECT body FROM messages WHERE conversation_key = '{LONG}' AND bucket = 0 AND seq = {MINE[0]}"
    killed = begin_to_erase(deployment)
    assert wait_until(lambda: bool(cassandra.execute(query).one().body == ""), PATIENCE_SECONDS, interval=0)
    killed.kill()
    killed.communicate()
    erasing = begin_to_erase(deployment)
    while erasing.poll() is None:
        ask(settings, history)
        time.sleep(REQUEST_SECONDS)  # the pace of the load
    shown, complaints = erasing.communicate()
    assert erasing.returncode == 0, complaints
    return json.loads(shown)


def files_with_canary(*folders: Path) -> set[str]:
    """What the folders of the files are named after: a topic or a table, `commitlog`, or something unforeseen."""
    found = subprocess.run(["grep", "-rla", CANARY, *map(str, folders)], capture_output=True, text=True, check=False)
    names = [Path(line).parent.name for line in found.stdout.splitlines()]
    return {name.rpartition("-")[0] or name for name in names}


def test_nothing_else_changes_and_the_text_leaves_every_disk(
    deploy: Deploy, cassandra: Session, broker: AlteredBroker, servers: Servers
) -> None:
    deployment = deploy(
        kafka_bootstrap_servers=broker.address,
        bucket_size=NUMBER // BUCKETS,
        replay_window=16.0,
        log_segment_time=1.0,
        topic_segment_time=1.0,
    )
    settings = deployment.settings
    cassandra.set_keyspace(settings.cassandra_keyspace)
    # What `nodetool flush` and `nodetool compact` do.
    cassandra.execute("ALTER TABLE messages WITH memtable_flush_period_in_ms = 500")
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    history = History()
    observer = Observer(settings, history)
    workload = Workload(settings, history, observer, seed=1, rate=RATE, conversations=20)
    observer.start()
    send_long_conversation(settings, history)
    send_invalid(settings, history)
    workload.start()
    try:
        assert wait_until(lambda: observer.readable(LONG) == NUMBER, PATIENCE_SECONDS)
        ask(settings, history)
        topics = [settings.message_topic, settings.log_topic, settings.output_topic, settings.block_topic]
        topics.append(settings.dead_letter_topic)
        everywhere = (broker.folder, servers.cassandra.folder, servers.redis.folder, deployment.folder)
        assert wait_until(lambda: {*topics, "messages"} <= files_with_canary(*everywhere), PATIENCE_SECONDS)
        cassandra.execute(
            "ALTER TABLE messages WITH compaction = {'class': 'SizeTieredCompactionStrategy', 'min_threshold': 2}"
        )

        report = erase_twice(deployment, cassandra, history)
        last = ask(settings, history)
    finally:
        workload.stop()
        drained = wait_until(lambda: is_drained(history, workload, observer), PATIENCE_SECONDS)
        observer.stop()
    assert drained
    history.rows.extend(rows_of(settings))
    history.erased = {LONG: {*MINE}}
    assert anomalies(history) == []
    [block] = [block for block in history.blocks if block.identity == last]
    assert {body for sender, body, _ in block.messages if sender == "mallory"} == {""}

    assert report["found"] == len(MINE)
    assert 0 < report["erased"] <= len(MINE)
    untils = {copy["place"]: copy["until"] for copy in report["copies"]}
    [letters] = [place for place in untils if place.startswith(settings.dead_letter_topic)]
    table = f"{settings.cassandra_keyspace}.messages"
    assert untils.keys() == {*topics[:-1], letters, table}
    assert {place for place, until in untils.items() if until is None} == {letters, table}
    do_what_is_reported(settings, report["copies"])
    # What `nodetool flush` and `nodetool compact` do goes on by itself here.
    assert wait_until(lambda: files_with_canary(*everywhere) <= {"commitlog"}, PATIENCE_SECONDS), files_with_canary(
        *everywhere
    )
    # Dropping a table makes Cassandra begin another file of its commit log.
    cassandra.execute("CREATE TABLE dropped (name text PRIMARY KEY)")
    cassandra.execute("DROP TABLE dropped")
    assert wait_until(lambda: files_with_canary(*everywhere) == set(), PATIENCE_SECONDS)

    run_again_and_wrongly(deployment)


def run_again_and_wrongly(deployment: Deployment) -> None:
    """Nothing is left to erase for the sender, and what is mistyped erases nothing."""
    again = json.loads(chat_tasks(deployment, "erase", LONG, "--sender", "mallory", "--json").stdout)
    assert (again["found"], again["erased"]) == (len(MINE), 0)

    looked = json.loads(chat_tasks(deployment, "erase", LONG, "0", "2", "--dry-run", "--json").stdout)
    assert (looked["found"], looked["erased"]) == (2, 1)
    for arguments, complaint in (
        ((LONG, "0", str(10**9)), f"the newest message is {NUMBER - 1}, and there is no {10**9}"),
        ((LONG,), "Give numbers, or --sender, or --all."),
        (("nobody", "0"), "this conversation has no message"),
    ):
        refused = chat_tasks(deployment, "erase", *arguments)
        assert (refused.returncode, complaint in refused.stderr) == (2, True), refused.stderr
    assert {row.body for row in rows_of(deployment.settings) if (row.conversation, row.sequence) == (LONG, 0)} == {
        f"m-{10**9}"
    }


def do_what_is_reported(settings: Settings, copies: list[dict[str, str]]) -> None:
    """Shorten the times of retention, and purge the dead letters."""
    admin = AdminClient(base_config(settings))
    for topic in (settings.message_topic, settings.output_topic, settings.block_topic):
        alter_topic(admin, topic, {"retention.ms": Property("1000")})
    for copy in copies:
        if (found := re.fullmatch(r"a purge of the letters before offset (\d+)", copy["remedy"])) is not None:
            topic, number = copy["place"].removesuffix("]").split("[")
            partition = Partition(topic, int(number))
            [purged] = admin.delete_records([TopicPartition(*partition, int(found[1]))]).values()
            purged.result(PATIENCE_SECONDS)
            append_aborted_record(settings, partition)
