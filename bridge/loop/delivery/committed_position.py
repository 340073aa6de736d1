"""What a group holds for a partition, and whether that is a position in the partition as it is now."""

from confluent_kafka import OFFSET_INVALID, Consumer, TopicPartition

from bridge.kafka.assignment import Committed
from bridge.kafka.errors import offset_gone, offsets_lost
from bridge.kafka.groups import OFFSET_SECONDS
from bridge.kafka.transaction import OWN_METADATA, Partition, is_own


def committed_position(consumer: Consumer, one: TopicPartition, known_partitions: int) -> Committed:
    """What the group holds for a partition of a topic that had so many partitions when `init` knew it; blocks.

    A partition that was added later starts at 0. Raises `KafkaException`, and `ConfigurationError` if the offset is
    lost, is not the bridge's own, or lies behind the end of the partition.
    """
    low, high = consumer.get_watermark_offsets(one, timeout=OFFSET_SECONDS)
    partition = Partition(one.topic, one.partition)
    if one.offset == OFFSET_INVALID and one.partition >= known_partitions:
        return Committed(0, OWN_METADATA, low)
    if one.offset == OFFSET_INVALID or not is_own(one.metadata):
        raise offsets_lost([partition], "`chat-tasks init` names the choices")
    if one.offset > high:
        # A reader that starts before this offset would take new records there for the ones that were there once.
        raise offset_gone(partition, one.offset)
    return Committed(one.offset, one.metadata, low)
