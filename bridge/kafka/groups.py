"""Committed offsets and members of a consumer group."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from bridge.kafka.errors import describe_kafka_error
from bridge.kafka.transaction import Partition
from chat_tasks.errors import DependencyUnavailable

OFFSET_SECONDS = 30.0
_SECONDS = 10.0


def committed_offsets(
    consumer: Consumer, partitions: Iterable[Partition], seconds: float = OFFSET_SECONDS
) -> dict[Partition, TopicPartition]:
    """The offsets that the consumer's group holds, other members' too; blocks. Raises `KafkaException`."""
    found = consumer.committed([TopicPartition(*partition) for partition in partitions], timeout=seconds)
    for one in found:
        if one.error is not None:
            raise KafkaException(one.error)
    return {Partition(one.topic, one.partition): one for one in found}


def describe_group(admin: AdminClient, group: str) -> Any:
    """The client's `ConsumerGroupDescription`; blocks. Raises `DependencyUnavailable`.

    librdkafka may abort the process if the coordinator goes away during the call (its issue 4605).
    """
    try:
        [future] = admin.describe_consumer_groups([group], request_timeout=_SECONDS).values()
        return future.result(_SECONDS)
    except (KafkaException, TimeoutError) as error:
        raise DependencyUnavailable(describe_kafka_error(error, admin)) from error
