"""The pipeline as its users see it: what goes in, what comes out, what is stored."""

import threading

import pytest
from cassandra.cluster import Session
from confluent_kafka.admin import AdminClient, NewPartitions

from bridge.kafka.clients import base_config
from bridge.kafka.send import send_record
from chat_tasks.formats.topics import encode_message
from tests.pipeline.conversation import (
    PATIENCE_SECONDS,
    assert_rows_match,
    read_outputs,
    read_topic,
    send,
    some_messages,
)
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def test_several_producers_keyed_and_unkeyed(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = [some_messages(1500, 40, seed=seed) for seed in range(4)]
    producers = [
        threading.Thread(target=send, args=(deployment.settings, batch), kwargs={"keyed": index % 2 == 0})
        for index, batch in enumerate(messages)
    ]
    for producer in producers:
        producer.start()
    for producer in producers:
        producer.join()
    outputs = read_outputs(deployment.settings, [message for batch in messages for message in batch])
    assert_rows_match(cassandra, deployment.settings, outputs)


def test_an_input_partition_keeps_its_order(deploy: Deploy) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(2000, 5)
    send(deployment.settings, messages, keyed=True)
    outputs = read_outputs(deployment.settings, messages)
    for key, values in outputs.items():
        sent = [message.body for message in messages if message.conversationKey == key]
        assert [value.partition(b'"body":"')[2][:-2].decode() for value in values] == sent


def test_two_ingests_two_dispatchers_and_three_workers(deploy: Deploy, cassandra: Session) -> None:
    deployment = deploy()
    deployment.start("ingest.1", "ingest.2", "dispatch.1", "dispatch.2", "worker.1", "worker.2", "worker.3")
    messages = some_messages(6000, 200)
    send(deployment.settings, messages)
    outputs = read_outputs(deployment.settings, messages)
    assert_rows_match(cassandra, deployment.settings, outputs)


def test_partitions_added_to_the_input_are_read_from_their_beginning(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(30, 5)
    send(settings, messages[:20])
    admin = AdminClient(base_config(settings))
    [added] = admin.create_partitions([NewPartitions(settings.message_topic, 5)]).values()
    added.result(PATIENCE_SECONDS)
    for index, message in enumerate(messages[20:]):
        send_record(settings, settings.message_topic, encode_message(message), partition=3 + index % 2)
    read_outputs(settings, messages)


def test_the_records_time_and_headers_travel_along(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    [message] = some_messages(1, 1)
    send_record(settings, settings.message_topic, encode_message(message), headers=[("trace", b"42")])
    [record] = read_topic(settings, settings.message_topic, 1)
    [output] = read_topic(settings, settings.output_topic, 1)
    assert output.headers() == [("trace", b"42"), ("chat.sent_at", str(record.timestamp()[1]).encode())]
