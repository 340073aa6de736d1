"""Sets the offsets that both groups begin with, and stores which topics these offsets belong to."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from uuid import UUID

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, TopicPartition

from bridge.commands.init.starting_offsets import (
    Choices,
    Decision,
    Held,
    check_decisions,
    check_letters,
    decide,
    has_begun,
)
from bridge.dispatch.commits.resumption import resume_after_rows
from bridge.kafka.clients import base_config
from bridge.kafka.groups import committed_offsets, consumed_topics
from bridge.kafka.reading.dead_letter_reader import read_everything
from bridge.kafka.topics.ids import KnownTopic, known_partitions_name, topic_id_name
from bridge.kafka.transaction import CommittedOffset, Partition
from chat_tasks.errors import CassandraUnavailable, ConfigurationError
from chat_tasks.settings import Settings
from chat_tasks.storage import schema
from chat_tasks.storage.heads import HeadReader
from chat_tasks.storage.quarantine import QuarantineTable
from chat_tasks.storage.requests.ring import Ring
from chat_tasks.storage.session import Session

_SECONDS = 30.0
_MEMBERS_PAUSE = 0.5
_KEYS_AT_ONCE = 1000


def set_offsets(
    settings: Settings,
    session: Session,
    found: Mapping[str, KnownTopic],
    choices: Choices,
    report: Callable[[str], None],
) -> None:
    """Commit an offset where a group begins, and nothing where it goes on; `report` gets a line for each group.

    `found` are the topics as they are today. Nothing is committed before all of it is decided. The ids are stored last:
    without an id its topic's offsets count as never set.

    Raises `ConfigurationError` if the operator has to choose, `KafkaException`, `DependencyUnavailable`.
    """
    stored = schema.stored_settings(session, settings)
    changed_topics = {topic: one for topic, one in found.items() if stored.get(topic_id_name(topic)) != one.id}
    if settings.log_topic in changed_topics and topic_id_name(settings.log_topic) in stored:
        table = QuarantineTable(session, settings.cassandra_keyspace, settings.log_partitions)
        check_letters(settings.log_topic, len(table.of_partitions(range(settings.log_partitions))), choices)
    held = held_offsets(settings, session, found, stored)
    decisions = {partition: decide(one, choices) for partition, one in held.items()}
    check_decisions(decisions, settings.log_topic)
    changed = [_commit_of(held[partition], decision) for partition, decision in decisions.items()]
    after_rows = [partition for partition, decision in decisions.items() if decision is Decision.AFTER_ROWS]
    if after_rows:
        log_id = UUID(found[settings.log_topic].id)
        changed.extend(_after_rows(settings, session, {one: held[one].low for one in after_rows}, log_id))
    for group, topics in _topics_of_groups(settings).items():
        offsets = [one for one in changed if one is not None and one.partition.topic in topics]
        _commit(settings, group, offsets)
        report(f"group {group}: {len(offsets)} offsets set")
    known = {known_partitions_name(topic): str(one.partitions) for topic, one in changed_topics.items()}
    ids = {topic_id_name(topic): one.id for topic, one in changed_topics.items()}
    schema.replace_settings(session, settings, {**known, **ids})


def held_offsets(
    settings: Settings, session: Session, found: Mapping[str, KnownTopic], stored: Mapping[str, str]
) -> dict[Partition, Held]:
    """What the groups hold of every partition of the topics; `found` and `stored` as in `set_offsets`.

    Raises `KafkaException`, and the driver's exceptions.
    """
    row = session.execute(f"SELECT conversation_key FROM {settings.cassandra_keyspace}.messages LIMIT 1").one()
    return {
        one.partition: one
        for group, topics in _topics_of_groups(settings).items()
        for one in _held(settings, group, {topic: found[topic] for topic in topics}, stored, has_rows=row is not None)
    }


def _topics_of_groups(settings: Settings) -> Mapping[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for topic, group in consumed_topics(settings).items():
        groups[group].append(topic)
    return groups


def _held(
    settings: Settings, group: str, found: Mapping[str, KnownTopic], stored: Mapping[str, str], *, has_rows: bool
) -> Iterable[Held]:
    partitions = [Partition(topic, number) for topic, one in found.items() for number in range(one.partitions)]
    with closing(Consumer({**base_config(settings), "group.id": group, "enable.auto.commit": False})) as consumer:
        committed = committed_offsets(consumer, partitions)
        missing = {partition for partition, one in committed.items() if one.offset == OFFSET_INVALID}
        has_worked = has_rows or len(missing) < len(partitions)
        for partition in partitions:
            topic, commit = partition.topic, committed[partition]
            known_id, known = stored.get(topic_id_name(topic)), int(stored.get(known_partitions_name(topic), 0))
            low, high = consumer.get_watermark_offsets(TopicPartition(*partition), timeout=_SECONDS)
            yield Held(
                partition,
                offset=None if partition in missing else commit.offset,
                metadata=commit.metadata,
                low=low,
                high=high,
                topic_id=found[topic].id,
                known_id=known_id,
                has_begun=has_begun(
                    partition.number,
                    known,
                    {one.number for one in missing if one.topic == topic},
                    has_worked_before_ids=known_id is None and has_worked,
                ),
                is_log=topic == settings.log_topic,
            )


def _commit_of(held: Held, decision: Decision) -> CommittedOffset | None:
    match decision:
        case Decision.MARK:
            return CommittedOffset(held.partition, held.offset or 0)
        case Decision.LOW:
            return CommittedOffset(held.partition, held.low)
        case Decision.HIGH:
            return CommittedOffset(held.partition, held.high)
    return None


def _after_rows(
    settings: Settings, session: Session, lows: Mapping[Partition, int], log_id: UUID
) -> Iterable[CommittedOffset]:
    """The commits that go on after the rows, given the first offset of each partition."""
    has_row: dict[Partition, dict[int, bool]] = {partition: {} for partition in lows}
    first: dict[str, tuple[Partition, int]] = {}
    for messages in read_everything(settings, settings.log_topic):
        for message in messages:
            partition = Partition(message.topic(), message.partition())
            if partition in has_row:
                has_row[partition][message.offset()] = False
                first.setdefault((message.key() or b"").decode(errors="replace"), (partition, message.offset()))
    keyspace = settings.cassandra_keyspace
    reader = HeadReader(session, keyspace, Ring(session, keyspace), settings.bucket_size)
    keys = list(first)
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        offsets = {key: first[key][1] for key in keys[start : start + _KEYS_AT_ONCE]}
        for key, head in reader.read(offsets, log_id).items():
            if isinstance(head, Exception):
                raise CassandraUnavailable(f"Cassandra: the rows of a conversation cannot be read: {head}") from head
            records = has_row[first[key][0]]
            records.update({row.log_offset: True for row in head.later if row.log_offset in records})
    return [resume_after_rows(partition, low, has_row[partition]) for partition, low in lows.items()]


def _commit(settings: Settings, group: str, offsets: Iterable[CommittedOffset]) -> None:
    """Commit offsets for a group that has no members.

    A process that has just ended counts as a member until its session times out, so that time is waited for.
    """
    asked = [TopicPartition(*one.partition, one.offset, one.metadata) for one in offsets]
    if not asked:
        return
    deadline = time.monotonic() + settings.session_timeout + _MEMBERS_PAUSE
    with closing(Consumer({**base_config(settings), "group.id": group, "enable.auto.commit": False})) as consumer:
        while True:
            try:
                consumer.commit(offsets=asked, asynchronous=False)
            except KafkaException as error:
                if error.args[0].code() not in {KafkaError.UNKNOWN_MEMBER_ID, KafkaError.ILLEGAL_GENERATION}:
                    raise
                if time.monotonic() > deadline:
                    raise ConfigurationError(
                        f"group {group} has running members, but some of its partitions need an offset: stop them first"
                    ) from error
                time.sleep(_MEMBERS_PAUSE)
            else:
                return
