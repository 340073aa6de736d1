"""A poller that is stopped in the middle of a rebalance asks no more than it is asking."""

from collections.abc import Mapping
from threading import Event

import pytest

from bridge.kafka.assignment import Assignment
from bridge.kafka.clients import consumer_config
from bridge.kafka.topics.ids import KnownTopic
from bridge.kafka.transaction import Partition
from bridge.loop.measuring.measurements import LoopMeasurements
from bridge.loop.poller import Poller
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers


class Rebalance:
    """What a loop does in a rebalance: the first step of it lasts until the loop has ended."""

    def __init__(self) -> None:
        self.has_joined = Event()
        self.has_ended = Event()
        self.assignments: list[Assignment] = []

    def joined(self) -> None:
        self.has_joined.set()
        assert self.has_ended.wait(PATIENCE_SECONDS)

    def assigned(self, assignment: Assignment) -> Mapping[Partition, int]:
        self.assignments.append(assignment)
        return {}

    def revoked(self) -> None:
        pass

    def lost(self) -> None:
        pass


def test_the_end_of_a_loop_waits_for_one_question_of_its_poller(deploy: Deploy) -> None:
    settings = deploy().settings
    topic = settings.message_topic
    rebalance = Rebalance()
    posted: list[object] = []
    poller = Poller(
        consumer_config(settings, "rebalance"),
        [topic],
        {topic: KnownTopic("", settings.topic_partitions)},
        rebalance,
        posted.append,
        measured=LoopMeasurements(),
    )
    poller.start()
    assert rebalance.has_joined.wait(PATIENCE_SECONDS)
    poller.stop_soon()
    rebalance.has_ended.set()
    poller.close()
    # The group has no offsets, which would have been said.
    assert (rebalance.assignments, posted) == ([], [])
