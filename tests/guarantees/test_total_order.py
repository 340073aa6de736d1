"""Total order: the messages of a conversation get the numbers 0, 1, 2, … and come out in that order."""

import json

import pytest

from bridge.kafka.send import send_record
from tests.pipeline.conversation import read_outputs, read_topic, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def test_two_people_in_a_conversation(deploy: Deploy) -> None:
    pipeline = deploy()
    settings = pipeline.settings
    pipeline.start("ingest.1", "dispatch.1", "worker.1")

    for sender, recipient, body in (("ann", "bob", "Hi Bob"), ("bob", "ann", "Hi Ann"), ("ann", "bob", "Coffee?")):
        message = {"conversationKey": "abc123", "sender": sender, "recipients": [recipient], "body": body}
        # One partition of the input has an order of its own, which the conversation keeps.
        send_record(settings, settings.message_topic, json.dumps(message).encode(), partition=0)

    outputs = [json.loads(record.value()) for record in read_topic(settings, settings.output_topic, 3)]
    assert [(output["conversationMsgSeq"], output["body"]) for output in outputs] == [
        (0, "Hi Bob"),
        (1, "Hi Ann"),
        (2, "Coffee?"),
    ]


def test_many_conversations_and_more_than_one_of_each_process(deploy: Deploy) -> None:
    pipeline = deploy()
    pipeline.start("ingest.1", "ingest.2", "dispatch.1", "dispatch.2", "worker.1", "worker.2")
    messages = some_messages(1_000, 50)
    send(pipeline.settings, messages)
    # It fails if a number is missing, doubled or out of order.
    read_outputs(pipeline.settings, messages)
