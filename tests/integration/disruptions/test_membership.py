"""A member whose group has gone on without it is told so when it commits, whatever its client believes."""

from queue import SimpleQueue

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException

from bridge.kafka.assignment import Committed
from bridge.kafka.clients import consumer_config, producer_config
from bridge.kafka.topics.ids import TopicIds
from bridge.kafka.transaction import Partition, Transaction
from bridge.loop.measuring.transaction_durations import TransactionDurations
from bridge.loop.membership import Membership
from bridge.loop.transactions.runner import TransactionRunner, new_offsets_timeout
from chat_tasks.settings import Settings
from stack.waiting import wait_until
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

GROUP = "membership"


def member(settings: Settings, name: str) -> Consumer:
    chosen = {"group.instance.id": name, "auto.offset.reset": "earliest"}
    consumer = Consumer({**consumer_config(settings, GROUP), **chosen})
    consumer.subscribe([settings.message_topic])
    return consumer


def owned(consumer: Consumer) -> int:
    consumer.poll(0.1)
    return len(consumer.assignment())


def test_a_group_that_gave_partitions_to_others(deploy: Deploy) -> None:
    settings = deploy().settings
    first = member(settings, "first")
    assert wait_until(lambda: owned(first) == settings.topic_partitions, PATIENCE_SECONDS, interval=0)
    membership = Membership(0.0)
    membership.assigned({Partition(settings.message_topic, 0): Committed(0, "", 0)}, 0.0)
    proof = membership.proof(3.0)
    assert proof is not None
    metadata = first.consumer_group_metadata()

    ended: SimpleQueue[tuple[Transaction, Exception | None]] = SimpleQueue()
    runner = TransactionRunner(
        producer_config(settings, GROUP),
        settings.transaction_timeout,
        new_offsets_timeout(settings),
        TopicIds(settings, {}),
        lambda *what: ended.put(what),
        group=GROUP,
        durations=TransactionDurations(),
    )
    runner.initialise()
    runner.submit(proof, metadata)
    assert ended.get(timeout=PATIENCE_SECONDS) == (proof, None)

    second = member(settings, "second")
    assert wait_until(
        lambda: owned(first) + owned(second) == settings.topic_partitions and owned(second) > 0, PATIENCE_SECONDS
    )
    runner.submit(proof, metadata)
    _, error = ended.get(timeout=PATIENCE_SECONDS)
    assert isinstance(error, KafkaException)
    assert error.args[0].code() == KafkaError.ILLEGAL_GENERATION
    runner.close()
    second.close()
    first.close()
