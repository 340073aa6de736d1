"""The consumer groups: what they read, their committed offsets and their members."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from bridge.kafka.connection.denials import naming_denials
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings

OFFSET_SECONDS = 30.0
_SECONDS = 10.0


def consumed_topics(settings: Settings) -> dict[str, str]:
    """The topics that the bridges consume, each with its group."""
    return {
        settings.message_topic: settings.ingest_group,
        settings.log_topic: settings.dispatch_group,
        settings.request_topic: settings.dispatch_group,
    }


def committed_offsets(
    consumer: Consumer, partitions: Iterable[Partition], seconds: float = OFFSET_SECONDS
) -> dict[Partition, TopicPartition]:
    """The offsets that the consumer's group holds, other members' too; blocks. Raises `KafkaException`, `Denied`."""
    with naming_denials("DESCRIBE of the group's offsets"):
        found = consumer.committed([TopicPartition(*partition) for partition in partitions], timeout=seconds)
    for one in found:
        if one.error is not None:
            with naming_denials(f"DESCRIBE of topic {one.topic}"):
                raise KafkaException(one.error)
    return {Partition(one.topic, one.partition): one for one in found}


def describe_group(admin: AdminClient, group: str) -> Any:
    """The client's `ConsumerGroupDescription`; blocks. Raises `DependencyUnavailable`, `Denied`.

    librdkafka may abort the process if the coordinator goes away during the call (its issue 4605).
    """
    try:
        [future] = admin.describe_consumer_groups([group], request_timeout=_SECONDS).values()
        with naming_denials(f"DESCRIBE of group {group}"):
            return future.result(_SECONDS)
    except (KafkaException, TimeoutError) as error:
        raise KafkaUnavailable(describe_kafka_error(error, admin)) from error
