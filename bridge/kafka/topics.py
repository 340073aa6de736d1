"""The six topics: how many partitions each has, and how each is configured."""

from collections.abc import Iterable
from typing import NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from bridge.kafka.errors import describe_kafka_error
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings

_SECONDS = 15.0

# Bytes for what each step adds to a record, so that an accepted record can be written by every later step.
_LOG_ROOM = 64 * 1024
_OUTPUT_ROOM = 128 * 1024
_LETTER_ROOM = 512 * 1024


class TopicPlan(NamedTuple):
    """How `init` makes a topic. `is_fixed`: the number of partitions may not change.

    That number decides in which partition a conversation lives.
    """

    name: str
    partitions: int
    config: dict[str, str]
    is_fixed: bool


def plan_topics(settings: Settings) -> list[TopicPlan]:
    """The plans of all six topics, in the order of the data's flow."""
    shared = {"min.insync.replicas": str(settings.topic_min_insync_replicas), "unclean.leader.election.enable": "false"}
    # With the producer's timestamps a record dated eight days ago would be deleted within minutes, and a record from
    # the future would jam the transaction.
    appended = {**shared, "message.timestamp.type": "LogAppendTime"}
    limit = settings.max_record_bytes

    def limited(config: dict[str, str], room: int) -> dict[str, str]:
        return {**config, "max.message.bytes": str(limit + room)}

    return [
        TopicPlan(settings.message_topic, settings.topic_partitions, limited(shared, 0), is_fixed=False),
        TopicPlan(
            settings.log_topic,
            settings.log_partitions,
            {**limited(appended, _LOG_ROOM), "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"},
            is_fixed=True,
        ),
        TopicPlan(settings.output_topic, settings.topic_partitions, limited(appended, _OUTPUT_ROOM), is_fixed=True),
        TopicPlan(settings.request_topic, settings.topic_partitions, limited(shared, 0), is_fixed=False),
        TopicPlan(
            settings.block_topic,
            settings.topic_partitions,
            {**appended, "max.message.bytes": str(max(limit, settings.max_block_bytes) + _OUTPUT_ROOM)},
            is_fixed=False,
        ),
        TopicPlan(
            settings.dead_letter_topic,
            settings.topic_partitions,
            # The letters of a quarantined conversation exist nowhere else, and wait until the conversation is released.
            {**limited(appended, _LETTER_ROOM), "retention.ms": "-1", "retention.bytes": "-1"},
            is_fixed=False,
        ),
    ]


def partition_counts(admin: AdminClient, topics: Iterable[str]) -> dict[str, int]:
    """The number of partitions of each topic that exists. Raises `DependencyUnavailable`."""
    try:
        metadata = admin.list_topics(timeout=_SECONDS)
    except KafkaException as error:
        raise DependencyUnavailable(describe_kafka_error(error, admin)) from error
    return {topic: len(metadata.topics[topic].partitions) for topic in topics if topic in metadata.topics}


def fixed_partitions_name(topic: str) -> str:
    """The stored setting with the number of partitions that may not change."""
    return f"partitions.{topic}"
