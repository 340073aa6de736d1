"""A member that waits until its group's coordinator has read its groups."""

import threading
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from bridge.coordinator import await_coordinator


class LoadingCoordinator(Consumer):
    """Refuses for a while, as no broker can be made to: with these errors, one after the other."""

    def __init__(self, *errors: int) -> None:
        super().__init__({"group.id": "a group"})
        self.errors = list(errors)

    def committed(self, partitions: list[TopicPartition], timeout: float = -1) -> list[Any]:  # noqa: ARG002
        if self.errors:
            raise KafkaException(KafkaError(self.errors.pop(0)))
        return partitions


@pytest.mark.parametrize("error", [KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError._TIMED_OUT])
def test_it_asks_until_it_is_answered(error: int) -> None:
    consumer = LoadingCoordinator(error, error)
    await_coordinator(consumer, "a topic", threading.Event())
    assert consumer.errors == []


def test_any_other_error_is_left_to_the_join() -> None:
    consumer = LoadingCoordinator(KafkaError.GROUP_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED)
    await_coordinator(consumer, "a topic", threading.Event())
    assert len(consumer.errors) == 1


def test_a_process_that_ends_does_not_ask_again() -> None:
    stopping = threading.Event()
    stopping.set()
    consumer = LoadingCoordinator(KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.COORDINATOR_LOAD_IN_PROGRESS)
    await_coordinator(consumer, "a topic", stopping)
    assert len(consumer.errors) == 1
