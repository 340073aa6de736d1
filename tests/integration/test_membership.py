"""A member that believes in an assignment its group has changed is told so, whatever its client makes of it."""

from queue import SimpleQueue

import pytest
from confluent_kafka import Consumer

from bridge.clients import consumer_config
from bridge.events import Failed
from bridge.membership import MembershipWatch
from bridge.transaction import Partition
from stack.waiting import wait_until
from tests.integration.conftest import Deploy

pytestmark = pytest.mark.servers

GROUP = "membership"


def owned(consumer: Consumer) -> frozenset[Partition]:
    consumer.poll(0.1)
    return frozenset(Partition(one.topic, one.partition) for one in consumer.assignment())


def test_a_group_that_gave_partitions_to_others(deploy: Deploy) -> None:
    settings = deploy(instance_name="first").settings
    first = Consumer({**consumer_config(settings, GROUP), "auto.offset.reset": "earliest"})
    first.subscribe([settings.message_topic])
    posted: SimpleQueue[object] = SimpleQueue()
    watch = MembershipWatch(settings, GROUP, posted.put)
    assert wait_until(lambda: len(owned(first)) == settings.topic_partitions, 60, interval=0)
    watch.believe(owned(first))
    watch.start()

    second = Consumer(
        {**consumer_config(settings, GROUP), "group.instance.id": "second", "auto.offset.reset": "earliest"}
    )
    second.subscribe([settings.message_topic])
    assert wait_until(lambda: all([owned(first), owned(second), not posted.empty()]), 60, interval=0)

    event = posted.get()
    assert isinstance(event, Failed)
    assert "does not know this member's assignment" in str(event.error)
    watch.close()
    second.close()
    first.close()
