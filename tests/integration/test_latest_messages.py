"""Reading back: over buckets, in pages, and never behind what was already published."""

import pytest
from confluent_kafka import Producer

from bridge.commands.latest import CORRELATION_HEADER, request_latest
from bridge.kafka.clients import base_config
from bridge.kafka.reading.topic_reader import TopicReader
from chat_tasks.formats.topics import LatestMessagesBlock, LatestMessagesRequest
from chat_tasks.settings import Settings
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS, read_outputs, send, some_messages
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


def latest(settings: Settings, count: int, before: int | None = None) -> list[int]:
    """The sequence numbers of a block."""
    block = request_latest(settings, "c-0", count, before, PATIENCE_SECONDS)
    return [sequence for _, _, sequence in block]


def test_pages_over_bucket_boundaries(deploy: Deploy) -> None:
    deployment = deploy(bucket_size=10)
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(45, 1)
    send(settings, messages)
    read_outputs(settings, messages)

    assert latest(settings, 3) == [42, 43, 44]
    assert latest(settings, 12) == list(range(33, 45))
    assert latest(settings, 12, before=33) == list(range(21, 33))
    assert latest(settings, 100, before=10) == list(range(10))
    assert latest(settings, 100) == list(range(45))
    assert latest(settings, 5, before=0) == []
    assert latest(settings, 5, before=10**15) == list(range(40, 45))
    assert latest(settings, 0) == []


def test_an_unknown_conversation_has_an_empty_block(deploy: Deploy) -> None:
    deployment = deploy()
    deployment.start("dispatch.1", "worker.1")
    assert request_latest(deployment.settings, "nobody", 10, None, PATIENCE_SECONDS) == []


def test_the_number_of_messages_and_the_size_of_a_block_are_bounded(deploy: Deploy) -> None:
    deployment = deploy(max_latest_messages=20, max_block_bytes=100_000)
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    small = some_messages(30, 1)
    send(settings, small)
    read_outputs(settings, small)
    assert latest(settings, 1000) == list(range(10, 30))

    large = [
        message.model_copy(update={"body": message.body + "x" * 30_000}) for message in some_messages(5, 1, seed=1)
    ]
    send(settings, large)
    read_outputs(settings, [*small, *large])
    assert latest(settings, 20) == [32, 33, 34]


def test_many_requests_at_once_each_get_the_block_they_asked_for(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1")
    messages = some_messages(50, 1)
    send(settings, messages)
    read_outputs(settings, messages)

    blocks: dict[int, list[int]] = {}
    producer = Producer(base_config(settings))
    with TopicReader(settings, [settings.block_topic]) as reader:
        for number in range(60):
            request = LatestMessagesRequest(conversationKey="c-0", numMsgs=number)
            producer.produce(
                settings.request_topic,
                request.model_dump_json(exclude_none=True),
                headers=[(CORRELATION_HEADER, b"%d" % number)],
            )
        producer.flush()

        def read() -> bool:
            for message in reader.poll(0.2):
                block = LatestMessagesBlock.model_validate_json(message.value())
                number = int(dict(message.headers())[CORRELATION_HEADER])
                blocks[number] = [sequence for _, _, sequence in block.latestChatter]
            return len(blocks) == 60

        assert wait_until(read, PATIENCE_SECONDS, interval=0)
    assert blocks == {number: list(range(max(0, 50 - number), 50)) for number in range(60)}


def test_a_block_shows_what_was_seen_in_the_output(deploy: Deploy) -> None:
    deployment = deploy()
    settings = deployment.settings
    deployment.start("ingest.1", "dispatch.1", "worker.1", "worker.2")
    messages = some_messages(10, 1)
    for number, message in enumerate(messages):
        send(settings, [message])
        read_outputs(settings, messages[: number + 1])
        assert latest(settings, 1) == [number]
