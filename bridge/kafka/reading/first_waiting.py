"""The first record of each partition that a group has not finished: how old it is, and whether it can be read."""

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, TopicPartition

from bridge.kafka.clients import consumer_config
from bridge.kafka.connection.denials import denied, is_denied
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error, is_end, is_unreadable
from bridge.kafka.groups import committed_offsets
from bridge.kafka.headers import sent_time
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings

_SECONDS = 10.0


class FirstWaiting(NamedTuple):
    """The first record that waits, at `offset`.

    `waiting` is the number of offsets behind it, markers of transactions included, as far as `read_committed` readers
    get. `sent_at` is its time in seconds since 1970, None if nothing waits, or its partition gave no answer in time.
    `unreadable` is what the client says of a batch that it can never read, else empty.
    """

    offset: int
    waiting: int
    sent_at: float | None
    unreadable: str = ""


def first_waiting(settings: Settings, group: str, topics: Mapping[str, int]) -> dict[Partition, FirstWaiting]:
    """The first waiting record of each partition with an offset; `topics` has their numbers of partitions; blocks.

    A partition without an offset of the group is left out. Raises `DependencyUnavailable`.
    """
    config = {name: value for name, value in consumer_config(settings, group).items() if name != "group.instance.id"}
    # It joins no group: it only asks, and assigns itself.
    consumer = Consumer({**config, "queued.min.messages": 1, "auto.offset.reset": "earliest"})
    try:
        partitions = [Partition(topic, number) for topic, count in topics.items() for number in range(count)]
        held = committed_offsets(consumer, partitions, _SECONDS)
        found = {}
        for partition, one in held.items():
            if one.offset != OFFSET_INVALID:
                _, end = consumer.get_watermark_offsets(TopicPartition(*partition), timeout=_SECONDS)
                found[partition] = FirstWaiting(one.offset, max(0, end - one.offset), None)
        return {**found, **look_at_first(consumer, {one: first for one, first in found.items() if first.waiting})}
    except KafkaException as error:
        raise KafkaUnavailable(describe_kafka_error(error)) from error
    finally:
        consumer.close()


def look_at_first(
    consumer: Any, waiting: Mapping[Partition, FirstWaiting], seconds: float = _SECONDS
) -> dict[Partition, FirstWaiting]:
    """What lies at these offsets, of each partition that answers in time; blocks. The consumer gives up its assignment.

    `waiting` is 0 in the answer if only markers of transactions lie there. Raises `KafkaException`, `Denied`.
    """
    consumer.assign([TopicPartition(*partition, one.offset) for partition, one in waiting.items()])
    left, found = dict(waiting), {}
    deadline = time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        message = consumer.poll(0.1)
        if message is None:
            continue
        partition, error = Partition(message.topic(), message.partition()), message.error()
        if error is not None and is_denied(error):
            raise denied(error, f"READ of topic {partition.topic}")
        if (one := left.get(partition)) is None:
            continue
        if error is None:
            found[partition] = one._replace(sent_at=sent_time(message) / 1000)
        elif is_unreadable(error):
            found[partition] = one._replace(unreadable=describe_kafka_error(error))
        elif is_end(error):
            # Only markers of transactions lie behind the offset.
            found[partition] = one._replace(waiting=0)
        else:
            continue
        del left[partition]
        consumer.incremental_unassign([TopicPartition(*partition)])
    consumer.unassign()
    return found
