"""The six topics and the audit's: how many partitions each has, and how each is configured."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from bridge.kafka.connection.denials import naming_denials
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.topics.configs import Properties, Property, Relation
from chat_tasks.settings import Settings

_SECONDS = 15.0

# Bytes for what each step adds to a record, so that an accepted record can be written by every later step.
_LOG_ROOM = 64 * 1024
_OUTPUT_ROOM = 128 * 1024
_LETTER_ROOM = 512 * 1024
_AUDIT_BYTES = 64 * 1024


class TopicPlan(NamedTuple):
    """What a topic has to be; `partitions` is the number that `init` gives to a new topic."""

    name: str
    partitions: int
    properties: Properties

    @property
    def config(self) -> dict[str, str]:
        """The properties of a new topic."""
        return {name: one.value for name, one in self.properties.items()}


def plan_topics(settings: Settings) -> list[TopicPlan]:
    """The plans of all six topics, in the order of the data's flow.

    Every property that matters is named: the brokers' default for it may be any.
    """
    limit = settings.max_record_bytes
    # Compaction drops records, and refuses those without a key.
    shared = {"cleanup.policy": Property("delete"), **_safe(settings)}
    # With the producer's timestamps a record dated eight days ago would be deleted within minutes, and a record from
    # the future would jam the transaction.
    appended = {**shared, "message.timestamp.type": Property("LogAppendTime")}
    # Dispatch itself purges the log. The letters of a quarantined conversation exist nowhere else, and wait until the
    # conversation is released.
    kept = {**appended, "retention.ms": Property("-1"), "retention.bytes": Property("-1")}
    # Only whole segments leave the disk, and by a purge never the newest one
    # (docs/decisions/0037-segments-of-the-log.md).
    segments = {
        "segment.bytes": Property(str(settings.log_segment_bytes), is_vital=False),
        "segment.ms": Property(str(round(settings.log_segment_time * 1000)), is_vital=False),
    }
    shorter = {"segment.ms": _chosen(settings, "topic_segment_time")}
    outputs = {"retention.ms": _chosen(settings, "output_retention")}
    blocks = {"retention.ms": _chosen(settings, "block_retention")}
    letters = {"retention.ms": Property(_milliseconds(settings.dead_letter_retention))}

    def limited(properties: Properties, largest: int, *, is_vital: bool = True) -> Properties:
        return {**properties, "max.message.bytes": Property(str(largest), "at least", is_vital)}

    many = settings.topic_partitions
    largest_block = max(limit, settings.max_block_bytes) + _OUTPUT_ROOM
    return [
        TopicPlan(settings.message_topic, many, limited(shared, limit, is_vital=False)),
        TopicPlan(settings.log_topic, settings.log_partitions, limited({**kept, **segments}, limit + _LOG_ROOM)),
        TopicPlan(settings.output_topic, many, limited({**appended, **shorter, **outputs}, limit + _OUTPUT_ROOM)),
        TopicPlan(settings.request_topic, many, limited(shared, limit, is_vital=False)),
        TopicPlan(settings.block_topic, many, limited({**appended, **shorter, **blocks}, largest_block)),
        TopicPlan(settings.dead_letter_topic, many, limited({**kept, **shorter, **letters}, limit + _LETTER_ROOM)),
    ]


def plan_audit(settings: Settings) -> TopicPlan:
    """The plan of the topic in which the actions of people are: no bridge needs it.

    One partition, so all actions are in one order. Both records of an action have its id as their key: compaction drops
    the first of them and no other (docs/decisions/0076-the-audit.md).
    """
    return TopicPlan(
        settings.audit_topic,
        1,
        {
            "cleanup.policy": Property("compact,delete"),
            **_safe(settings),
            "message.timestamp.type": Property("LogAppendTime"),
            "retention.ms": _chosen(settings, "audit_retention"),
            "retention.bytes": Property("-1"),
            "segment.ms": _chosen(settings, "topic_segment_time"),
            "max.message.bytes": Property(str(_AUDIT_BYTES), "at least"),
        },
    )


def _safe(settings: Settings) -> Properties:
    """What no topic may lack. A broker that compresses anew has to unpack what comes."""
    return {
        "compression.type": Property("producer", is_vital=False),
        "min.insync.replicas": Property(str(settings.topic_min_insync_replicas), "at least"),
        "unclean.leader.election.enable": Property("false"),
    }


def _chosen(settings: Settings, name: str) -> Property:
    """The property of a time in the settings: an existing topic gets it only if the setting is given."""
    relation: Relation = "exactly" if name in settings.model_fields_set else "at first"
    return Property(_milliseconds(getattr(settings, name)), relation, is_vital=False)


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000) or -1)


def partition_counts(admin: AdminClient, topics: Iterable[str]) -> dict[str, int]:
    """The number of partitions of each topic that exists. Raises `DependencyUnavailable`, `Denied`."""
    return {topic: len(partitions) for topic, partitions in _partitions(admin, topics).items()}


def replica_counts(admin: AdminClient, topics: Iterable[str]) -> dict[str, int]:
    """The copies that each topic that exists has of each partition, at least. Raises `DependencyUnavailable`."""
    found = _partitions(admin, topics)
    return {topic: min(len(one.replicas) for one in partitions) for topic, partitions in found.items() if partitions}


def _partitions(admin: AdminClient, topics: Iterable[str]) -> dict[str, list[Any]]:
    try:
        found = admin.list_topics(timeout=_SECONDS).topics
        topics = list(topics)
        partitions = {topic: list(found[topic].partitions.values()) for topic in topics if topic in found}
        _check_denied(admin, [topic for topic in topics if topic not in found])
    except (KafkaException, TimeoutError) as error:
        raise KafkaUnavailable(describe_kafka_error(error, admin)) from error
    return partitions


def _check_denied(admin: AdminClient, missing: Sequence[str]) -> None:
    """Raise `Denied` for a topic that is not listed because it may not be seen."""
    asked = admin.describe_topics(TopicCollection(list(missing)), request_timeout=_SECONDS) if missing else {}
    for topic, future in asked.items():
        with naming_denials(f"DESCRIBE of topic {topic}"):
            try:
                future.result(_SECONDS)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise


def fixed_partitions_name(topic: str) -> str:
    """The stored setting with the number of partitions over which a topic's conversations are spread."""
    return f"partitions.{topic}"


def fixed_partitions(settings: Settings, stored: Mapping[str, str]) -> dict[str, int]:
    """How many partitions the conversations are spread over, by topic; any further partitions stay empty.

    The output topic is missing until the first `init` has stored the number.
    """
    fixed = {settings.log_topic: settings.log_partitions}
    if (number := stored.get(fixed_partitions_name(settings.output_topic))) is not None:
        fixed[settings.output_topic] = int(number)
    return fixed
