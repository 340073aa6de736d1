"""Waits until a group's coordinator can take a member.

A broker that has just started reads its groups first. A join that comes meanwhile is refused, and librdkafka tries it
again only three seconds later; it asks for offsets again at once.
"""

import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

_MOST_SECONDS = 10.0
_ASK_SECONDS = 0.5
_PAUSE_SECONDS = 0.05
_STILL_LOADING = {KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError._TIMED_OUT}  # noqa: SLF001


def await_coordinator(consumer: Consumer, topic: str, stopping: threading.Event) -> None:
    """Blocks for ten seconds at most, or until `stopping` is set. What else is wrong the join will tell."""
    deadline = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < deadline:
        try:
            [found] = consumer.committed([TopicPartition(topic, 0)], timeout=_ASK_SECONDS)
        except KafkaException as failure:
            error = failure.args[0]
        else:
            error = found.error
        if error is None or error.code() not in _STILL_LOADING or stopping.wait(_PAUSE_SECONDS):
            return
