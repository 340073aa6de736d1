"""How far groups lag behind, as Kafka's own tool for consumer groups counts it."""

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bridge.kafka.clients import base_config
from bridge.kafka.transaction import Partition
from chat_tasks.settings import Settings

_SECONDS = 180.0


def lags(settings: Settings, group: str) -> dict[Partition, int]:
    """The end of each partition that the group has an offset of, markers included, minus that offset."""
    admin = AdminClient(base_config(settings))
    [held] = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
    offsets = {Partition(one.topic, one.partition): one.offset for one in held.result(_SECONDS).topic_partitions}
    latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    ends = admin.list_offsets({TopicPartition(*partition): latest for partition in offsets})
    found = {Partition(one.topic, one.partition): future.result(_SECONDS).offset for one, future in ends.items()}
    return {partition: found[partition] - offset for partition, offset in offsets.items()}
