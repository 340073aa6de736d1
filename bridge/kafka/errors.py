"""Errors of Kafka's client: what an error means for the bridge, and one line about it for people."""

from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from bridge.kafka.transaction import Partition
from chat_tasks.errors import ConfigurationError, DependencyUnavailable

_OFFSET_GONE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}  # noqa: SLF001 - its name for it


def raise_error(message: Any, committed: Mapping[Partition, int]) -> None:
    """Raise the error that the client delivered in place of a message; return if it is none or the end of a partition.

    An error must not be passed over: a consumer with a fatal error polls on and gets nothing. `committed` are the
    group's offsets. Nothing is lost if records below them are gone: the former owner of the partition may have purged
    them after the start of the partition was looked up.

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
    """The error to raise if the partition does not have the group's offset."""
    return ConfigurationError(
        f"offset {offset} of {partition.topic}[{partition.number}] is gone: the topic was truncated or made anew. "
        "`chat-tasks init --reset-offsets` starts again from what is there"
    )


def describe_kafka_error(error: Any) -> str:
    """One line for people about a `KafkaException` or `KafkaError`."""
    kafka_error = _kafka_error(error)
    if isinstance(kafka_error, KafkaError):
        return f"Kafka: {kafka_error.name()}: {kafka_error.str()}"
    return f"Kafka: {error}"


def is_fenced_member(error: Any) -> bool:
    """Whether another consumer has taken this member's place in its group, under the same name."""
    kafka_error = _kafka_error(error)
    if not isinstance(kafka_error, KafkaError):
        return False
    if kafka_error.code() == KafkaError.FENCED_INSTANCE_ID:
        return True
    # The client wraps the error into a fatal one, and names the wrapped error only in the text.
    return kafka_error.code() == KafkaError._FATAL and "same group.instance.id" in kafka_error.str()  # noqa: SLF001


def is_fenced_producer(error: Any) -> bool:
    """Whether another producer has initialised our transactional id, or the broker has aborted a slow transaction."""
    kafka_error = _kafka_error(error)
    return isinstance(kafka_error, KafkaError) and kafka_error.code() in {
        KafkaError._FENCED,  # noqa: SLF001
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
    }


def _kafka_error(error: Any) -> Any:
    return error.args[0] if isinstance(error, Exception) and error.args else error
