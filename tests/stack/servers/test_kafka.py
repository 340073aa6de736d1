"""The local broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from stack.servers.kafka import KafkaSettings
from stack.servers.templates import render

if TYPE_CHECKING:
    from pathlib import Path

    from stack.servers.one_of_each import Servers


def client(servers: Servers) -> dict[str, str | int | float | bool]:
    return {"bootstrap.servers": servers.bootstrap_servers, "log_level": 0}


def rendered(settings: KafkaSettings) -> dict[str, str]:
    text = render("kafka.properties", settings.properties(), settings.folder).read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_one_node_keeps_one_replica(tmp_path: Path) -> None:
    properties = rendered(KafkaSettings(tmp_path, port=1234, controller_port=1235))
    assert properties["controller.quorum.voters"] == "1@127.0.0.1:1235"
    assert properties["listeners"] == "PLAINTEXT://127.0.0.1:1234,CONTROLLER://127.0.0.1:1235"
    assert properties["log.dirs"] == f"{tmp_path}/data"
    assert {properties[f"{topic}.replication.factor"] for topic in ("default", "offsets.topic")} == {"1"}
    assert properties["transaction.state.log.min.isr"] == "1"
    assert properties["auto.create.topics.enable"] == "false"
    assert properties["unclean.leader.election.enable"] == "false"


def test_three_nodes_keep_three_replicas_of_which_two_acknowledge(tmp_path: Path) -> None:
    voters = ((1, "127.0.0.1:9"), (2, "127.0.0.2:9"), (3, "127.0.0.3:9"))
    properties = rendered(KafkaSettings(tmp_path, node_id=2, host="127.0.0.2", voters=voters))
    assert properties["node.id"] == "2"
    assert properties["controller.quorum.voters"] == "1@127.0.0.1:9,2@127.0.0.2:9,3@127.0.0.3:9"
    assert properties["transaction.state.log.replication.factor"] == "3"
    assert properties["transaction.state.log.min.isr"] == "2"
    assert properties["min.insync.replicas"] == "2"


@pytest.mark.servers
def test_the_broker_knows_every_setting(servers: Servers) -> None:
    admin = AdminClient(client(servers))
    broker = ConfigResource(ResourceType.BROKER, "1")
    known = admin.describe_configs([broker])[broker].result(timeout=30)
    written = rendered(servers.kafka.settings)
    assert {name: known[name].value for name in written} == written


@pytest.mark.servers
def test_a_killed_broker_keeps_its_records(servers: Servers) -> None:
    config = client(servers)
    admin = AdminClient(config)
    admin.create_topics([NewTopic("kept", 1)])["kept"].result(timeout=30)
    producer = Producer(config | {"acks": "all"})
    producer.produce("kept", b"hello")
    assert producer.flush(30) == 0
    servers.kafka.kill()
    assert servers.kafka.pid is None
    assert not servers.kafka.answers()
    servers.kafka.start()
    servers.kafka.wait_until_answering()
    with Consumer(config | {"group.id": "test"}) as consumer:
        consumer.assign([TopicPartition("kept", 0, 0)])
        message = consumer.poll(30)
        assert message is not None
        assert message.value() == b"hello"
