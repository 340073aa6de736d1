"""What a loop looks like now, whatever its handler does: read from its state when somebody asks."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping

from bridge.kafka.reading.offsets import Bounds
from bridge.kafka.transaction import Partition
from bridge.loop.handler import LoopHandler
from chat_tasks.metrics import definitions
from chat_tasks.metrics.metric import Sample


def loop_gauges(
    handler: LoopHandler, delivered: Mapping[Partition, int], bounds: Mapping[Partition, Bounds]
) -> Iterator[Sample]:
    """The gauges of a loop and of its handler; called in the loop's thread.

    `delivered` are the owned partitions, each with the offset before which every record was delivered, and `bounds`
    what Kafka said last of partitions that are, or were, owned.
    """
    owned = Counter(partition.topic for partition in delivered)
    yield from definitions.ASSIGNED_PARTITIONS.samples({topic: owned[topic] for topic in handler.topics})
    yield from definitions.PAUSED_PARTITIONS.samples(handler.paused())
    known = {partition: bounds[partition] for partition in delivered if partition in bounds}
    for partition, bound in known.items():
        yield definitions.LAG_RECORDS.sample(max(0, bound.end - delivered[partition]), *_labels(partition))
    for partition, (records, first) in handler.unfinished().items():
        appended_at = handler.delivery_times.time_of(partition, first) if records else None
        age = 0.0 if appended_at is None else max(0.0, time.time() - appended_at / 1000)
        yield definitions.UNFINISHED_RECORDS.sample(records, *_labels(partition))
        yield definitions.OLDEST_UNFINISHED_AGE.sample(age, *_labels(partition))
    yield from handler.measure(known)


def _labels(partition: Partition) -> tuple[str, str]:
    return partition.topic, str(partition.number)
