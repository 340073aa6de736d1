"""`chat-tasks init`: makes topics, keyspace, stored settings and starting offsets. May be run any number of times."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from typing import Literal, TypeVar

import click
from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bridge.kafka.clients import base_config
from bridge.kafka.errors import describe_kafka_error
from bridge.kafka.topics import (
    fixed_partitions_name,
    known_partitions_name,
    partition_counts,
    plan_topics,
    topic_id,
)
from bridge.terminal import show_line
from chat_tasks.backoff import Backoff
from chat_tasks.errors import ConfigurationError, DependencyUnavailable, SettingsMismatch
from chat_tasks.settings import Settings
from chat_tasks.storage import schema
from chat_tasks.storage.session import Session, connected

_SECONDS = 30.0
_BACKOFF = Backoff(first=0.05, longest=1.0)
_UNSETTLED = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
}

Start = Literal["earliest", "latest"]
ResultT = TypeVar("ResultT")


def initialise(settings: Settings, start: Start, report: Callable[[str], None], *, reset_offsets: bool = False) -> None:
    """Set up what is missing; `report` gets a line for each step.

    With `reset_offsets`, a committed offset that the topic does not have any more is set anew.

    Raises `ConfigurationError` if what exists contradicts the settings, `DependencyUnavailable`.
    """
    admin = AdminClient(base_config(settings))
    try:
        with connected(settings) as session:
            _check_existing_topics(settings, admin)
            schema.create(session, settings)
            schema.store_settings(session, settings, schema.data_settings(settings))
            report(f"keyspace {settings.cassandra_keyspace}: ready")
            _create_topics(settings, admin, report)
            counts = _once_settled(partial(_visible_counts, settings, admin))
            known = _store_partitions(settings, session, counts)
        groups = {
            settings.ingest_group: [settings.message_topic],
            settings.dispatch_group: [settings.log_topic, settings.request_topic],
        }
        for group, topics in groups.items():
            partitions = {topic: counts[topic] for topic in topics}
            committed = _once_settled(
                partial(_commit_offsets, settings, group, partitions, known, start, reset=reset_offsets)
            )
            report(f"group {group}: {committed} partitions set to the {start} offset")
        report(f"log {settings.log_topic}: id {topic_id(admin, settings.log_topic)}")
    except KafkaException as error:
        raise DependencyUnavailable(describe_kafka_error(error)) from error


def _check_existing_topics(settings: Settings, admin: AdminClient) -> None:
    counts = partition_counts(admin, [plan.name for plan in plan_topics(settings)])
    for plan in plan_topics(settings):
        found = counts.get(plan.name, plan.partitions)
        if plan.is_fixed and found != plan.partitions:
            setting = "CHAT_LOG_PARTITIONS" if plan.name == settings.log_topic else "CHAT_TOPIC_PARTITIONS"
            raise SettingsMismatch(f"{setting} ({plan.name})", str(found), str(plan.partitions))


def _create_topics(settings: Settings, admin: AdminClient, report: Callable[[str], None]) -> None:
    existing = partition_counts(admin, [plan.name for plan in plan_topics(settings)])
    missing = [plan for plan in plan_topics(settings) if plan.name not in existing]
    for plan in plan_topics(settings):
        if plan.name in existing:
            report(f"topic {plan.name}: exists, {existing[plan.name]} partitions")
    topics = [
        NewTopic(plan.name, plan.partitions, settings.topic_replication_factor, config=plan.config) for plan in missing
    ]
    futures = admin.create_topics(topics) if topics else {}
    for name, future in futures.items():
        try:
            future.result(_SECONDS)
        except KafkaException as error:
            # Another `init` may have made the topic meanwhile.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise ConfigurationError(f"topic {name} cannot be created: {error.args[0].str()}") from error
        report(f"topic {name}: created")


def _visible_counts(settings: Settings, admin: AdminClient) -> dict[str, int]:
    """The number of partitions of each topic; brokers learn of a new topic a moment after its creation."""
    names = [plan.name for plan in plan_topics(settings)]
    counts = partition_counts(admin, names)
    if counts.keys() < set(names):
        raise DependencyUnavailable("Kafka: the topics that were just created are not there")
    return counts


def _store_partitions(settings: Settings, session: Session, counts: dict[str, int]) -> dict[str, int]:
    """Store the numbers of partitions; returns how many each topic had when `init` first saw it."""
    schema.store_settings(
        session,
        settings,
        {fixed_partitions_name(plan.name): str(counts[plan.name]) for plan in plan_topics(settings) if plan.is_fixed},
    )
    stored = schema.stored_settings(session, settings)
    # A partition that is added later holds nothing that was sent before, and starts at 0 without `init`.
    names = {known_partitions_name(plan.name): str(counts[plan.name]) for plan in plan_topics(settings)}
    schema.store_settings(session, settings, {name: count for name, count in names.items() if name not in stored})
    stored = schema.stored_settings(session, settings)
    return {topic: int(stored[known_partitions_name(topic)]) for topic in counts}


def _commit_offsets(
    settings: Settings,
    group: str,
    partition_counts: Mapping[str, int],
    known: Mapping[str, int],
    start: Start,
    *,
    reset: bool,
) -> int:
    """Commit an offset for each partition that has none, or (`reset`) one that is gone; returns how many were set."""
    consumer = Consumer({**base_config(settings), "group.id": group, "enable.auto.commit": False})
    try:
        partitions = [
            TopicPartition(topic, number) for topic, count in partition_counts.items() for number in range(count)
        ]
        changed: list[TopicPartition] = []
        for one in consumer.committed(partitions, timeout=_SECONDS):
            is_missing = one.offset == OFFSET_INVALID
            if not is_missing and not reset:
                continue
            low, high = consumer.get_watermark_offsets(one, timeout=_SECONDS)
            if one.topic == settings.log_topic and not is_missing and one.offset > high:
                # Publishing the rest of the log again would double records, and passing over it would lose records:
                # never guess.
                raise ConfigurationError(
                    f"the committed offset {one.offset} of {one.topic}[{one.partition}] lies past its end {high}: "
                    "the log was truncated or made anew, and which of the two only you can know"
                )
            if is_missing or not low <= one.offset <= high:
                # The log is ours: its records were accepted, and are never passed over. A partition that was added
                # since the first `init` holds no older records.
                is_new = one.partition >= known[one.topic]
                from_end = start == "latest" and one.topic != settings.log_topic and not is_new
                changed.append(TopicPartition(one.topic, one.partition, high if from_end else low))
        if changed:
            _commit(consumer, group, changed)
        return len(changed)
    finally:
        consumer.close()


def _once_settled(step: Callable[[], ResultT]) -> ResultT:
    """Run a step, again while brokers do not yet agree on the leader of a topic that was just created."""
    deadline = time.monotonic() + _SECONDS
    for attempt in count(1):
        try:
            return step()
        except (KafkaException, DependencyUnavailable) as error:
            is_settled = isinstance(error, KafkaException) and error.args[0].code() not in _UNSETTLED
            if is_settled or time.monotonic() > deadline:
                raise
            time.sleep(_BACKOFF.delay(attempt))
    raise AssertionError("unreachable")


def _commit(consumer: Consumer, group: str, offsets: list[TopicPartition]) -> None:
    try:
        consumer.commit(offsets=offsets, asynchronous=False)
    except KafkaException as error:
        if error.args[0].code() in {KafkaError.UNKNOWN_MEMBER_ID, KafkaError.ILLEGAL_GENERATION}:
            raise ConfigurationError(
                f"group {group} has running members, but some of its partitions have no offset: stop them first"
            ) from error
        raise


@click.command()
@click.option(
    "--from",
    "start",
    type=click.Choice(["earliest", "latest"]),
    default="earliest",
    help="Where to begin in topics that existed before; only where nothing was consumed yet.",
)
@click.option(
    "--reset-offsets",
    is_flag=True,
    help="Also where the committed offset is gone: the topic was truncated or made anew.",
)
def init(start: Start, *, reset_offsets: bool) -> None:
    """Create topics, keyspace and starting offsets. May be run again at any time."""
    initialise(Settings(), start, show_line, reset_offsets=reset_offsets)
