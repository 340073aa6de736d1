"""What a message says that is none."""

from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from bridge.kafka.transaction import Partition
from chat_tasks.errors import ConfigurationError, DependencyUnavailable

_OFFSET_GONE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}  # noqa: SLF001 - its name for it


def raise_error(message: Any, committed: Mapping[Partition, int]) -> None:
    """Whatever an error says besides the end of a partition. A consumer with a fatal one polls on and gets nothing.

    `committed` are the group's offsets. Below them nothing is lost with what is gone: whoever had the partition before
    may have purged it after it was looked where the partition begins.

    Raises `ConfigurationError`, `DependencyUnavailable`, `KafkaException`.
    """
    error = message.error()
    if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its name for it
        return
    if error.code() not in _OFFSET_GONE:
        raise KafkaException(error)
    partition, offset = Partition(message.topic(), message.partition()), message.offset()
    if offset < committed.get(partition, 0):
        raise DependencyUnavailable(
            f"Kafka: offset {offset} of {partition.topic}[{partition.number}] was purged before it was read again"
        )
    raise offset_gone(partition, offset)


def offset_gone(partition: Partition, offset: int) -> ConfigurationError:
    """What to say where the group's offset is not one of the partition's."""
    return ConfigurationError(
        f"offset {offset} of {partition.topic}[{partition.number}] is gone: the topic was truncated or made anew. "
        "`chat-tasks init --reset-offsets` starts again from what is there"
    )
