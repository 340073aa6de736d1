"""Where the two groups stand in the topics: asks Kafka, and no process of ours."""

from collections.abc import Mapping
from typing import NamedTuple

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config, reader_config
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.groups import committed_offsets, consumed_topics
from bridge.kafka.reading.first_waiting import FirstWaiting, look_at_first
from bridge.kafka.topics.plans import partition_counts
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings

_SECONDS = 5.0


class Position(NamedTuple):
    """A partition of a topic that a group reads. All but `metadata` and `first` are offsets.

    `committed` is None if the group has none there. `end` is the end of what `read_committed` readers get, `start` the
    oldest record that is kept. `metadata` is what was committed beside the offset. `first` is what lies at the
    committed offset, if that has not moved for a while.
    """

    group: str
    topic: str
    partition: int
    start: int
    end: int
    committed: int | None
    metadata: str
    first: FirstWaiting | None = None

    @property
    def waiting(self) -> int:
        """The offsets that the group has not finished: 0 if only markers of transactions lie behind its position.

        While the position moves, markers count.
        """
        if self.first is not None and not self.first.waiting:
            return 0
        return max(0, self.end - (self.start if self.committed is None else self.committed))

    @property
    def oldest(self) -> float | None:
        """When the first record that waits was appended, in seconds since 1970; None while the position moves."""
        return None if self.first is None else self.first.sent_at


class Positions:
    """Asks Kafka for the groups' positions, and for the ends of what they read.

    A source owns it and calls it in its thread. The clients live as long as it, and find brokers that come back. The
    consumers join no group: they only ask. The administration client is not asked for offsets: librdkafka may abort the
    process if a broker goes away during that call (its issue 4605), and who asks here outlives brokers.

    A record is read only where a position has stood still since the call before, and once: so markers of transactions
    are told from records, and traffic costs nothing.
    """

    def __init__(self, settings: Settings) -> None:
        self._topics = consumed_topics(settings)
        self._admin = AdminClient(base_config(settings))
        self._readers = {
            group: Consumer({**reader_config(settings, group), "queued.min.messages": 1})
            for group in set(self._topics.values())
        }
        self._before: Mapping[Partition, Position] = {}

    def __call__(self) -> list[Position]:
        """The positions, by topic and partition. Raises `DependencyUnavailable`."""
        counts = partition_counts(self._admin, self._topics)
        found: dict[Partition, Position] = {}
        for group, reader in self._readers.items():
            read = [topic for topic, one in self._topics.items() if one == group]
            there = [Partition(topic, number) for topic in read for number in range(counts.get(topic, 0))]
            try:
                found.update(self._with_first(reader, _positions(reader, group, there)))
            except KafkaException as error:
                raise KafkaUnavailable(describe_kafka_error(error, reader)) from error
        self._before = found
        return [found[partition] for partition in sorted(found)]

    def _with_first(self, reader: Consumer, found: Mapping[Partition, Position]) -> dict[Partition, Position]:
        resting: dict[Partition, FirstWaiting] = {}
        known: dict[Partition, FirstWaiting] = {}
        for partition, one in found.items():
            before = self._before.get(partition)
            if not one.waiting or one.committed is None or before is None or before.committed != one.committed:
                continue
            if before.first is not None and (before.first.waiting or before.end == one.end):
                known[partition] = before.first
            else:
                resting[partition] = FirstWaiting(one.committed, one.waiting, None)
        if resting:
            known.update(look_at_first(reader, resting, _SECONDS))
        return {partition: one._replace(first=known.get(partition)) for partition, one in found.items()}


def _positions(reader: Consumer, group: str, partitions: list[Partition]) -> dict[Partition, Position]:
    found = {}
    for partition, held in (committed_offsets(reader, partitions, _SECONDS) if partitions else {}).items():
        start, end = reader.get_watermark_offsets(TopicPartition(*partition), timeout=_SECONDS)
        committed = None if held.offset == OFFSET_INVALID else held.offset
        found[partition] = Position(group, *partition, start, end, committed, held.metadata or "")
    return found
