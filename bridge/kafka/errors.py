"""Errors of Kafka's client: what an error means for the bridge, and one line about it for people."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException

from bridge.kafka.connection.denials import denied, is_denied, kafka_error_of
from bridge.kafka.connection.reports import with_cause
from bridge.kafka.transaction import Partition
from chat_tasks.errors import ConfigurationError, DependencyUnavailable

# `BAD_MSG` is a wrong checksum, `BAD_COMPRESSION` a batch that does not unpack, or to more than the client takes.
_UNREADABLE = {KafkaError._BAD_COMPRESSION, KafkaError._BAD_MSG}  # noqa: SLF001 - its names for them
_OFFSET_GONE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}  # noqa: SLF001 - its name for it
_NO_ANSWER = {
    KafkaError._TIMED_OUT,  # noqa: SLF001
    KafkaError._MSG_TIMED_OUT,  # noqa: SLF001
    KafkaError._TRANSPORT,  # noqa: SLF001
    KafkaError._WAIT_COORD,  # noqa: SLF001
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
    KafkaError.REQUEST_TIMED_OUT,
}


class KafkaUnavailable(DependencyUnavailable):
    """Kafka does not answer, or not as it has to."""

    dependency = "kafka"


class SessionOver(KafkaUnavailable):
    """Kafka does not count this process as a member of its group any more, or gives it no assignment."""


class UnreadableRecords(NamedTuple):
    """The records of a partition from offset `first` to before `end`, which the client can never read.

    As text: one line for people. `reason` is what the client says.
    """

    partition: Partition
    first: int
    end: int
    reason: str

    def __str__(self) -> str:
        topic, number = self.partition
        return f"{topic}[{number}] cannot be read from offset {self.first} to {self.end - 1}: {self.reason}"


def where(records: UnreadableRecords) -> dict[str, Any]:
    """The fields of a log line about these records."""
    topic, number = records.partition
    return {"topic": topic, "partition": number, "offset": records.first, "reason": records.reason}


def raise_error(message: Any, committed: Mapping[Partition, int], group: str) -> None:
    """Raise the error that the client delivered in place of a message; return if it is none that ends a loop.

    The end of a partition and an unreadable batch end no loop. No other error may be passed over: a consumer with a
    fatal error polls on and gets nothing. `committed` are the offsets of `group`. Nothing is lost if records below them
    are gone: the former owner of the partition may have purged them after the start of the partition was looked up.

    Raises `ConfigurationError`, `Denied`, `DependencyUnavailable`, `KafkaException`.
    """
    error = message.error()
    if error is None or is_end(error) or is_unreadable(error):
        return
    if is_denied(error):
        of_group = error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED
        raise denied(error, f"READ of group {group}" if of_group else f"READ of topic {message.topic()}")
    if not is_offset_gone(error):
        raise KafkaException(error)
    partition, offset = Partition(message.topic(), message.partition()), message.offset()
    if offset < committed.get(partition, 0):
        raise KafkaUnavailable(
            f"Kafka: offset {offset} of {partition.topic}[{partition.number}] was purged before it was read again"
        )
    raise offset_gone(partition, offset)


def is_end(error: Any) -> bool:
    """Whether the error only says that the end of a partition is reached."""
    return bool(error.code() == KafkaError._PARTITION_EOF)  # noqa: SLF001 - its name for it


def is_offset_gone(error: Any) -> bool:
    """Whether the error says that the partition does not have the offset that was to be fetched."""
    return error.code() in _OFFSET_GONE


def is_unreadable(error: Any) -> bool:
    """Whether the error, or None, says that the client cannot read a batch of records, now or ever."""
    return error is not None and error.code() in _UNREADABLE


def offset_gone(partition: Partition, offset: int) -> ConfigurationError:
    """The error to raise if the partition does not have the group's offset."""
    return ConfigurationError(
        f"offset {offset} of {partition.topic}[{partition.number}] is gone: the topic was truncated or made anew. "
        "`chat-tasks init --reset-offsets` starts again from what is there"
    )


def offsets_lost(partitions: Iterable[Partition], remedy: str) -> ConfigurationError:
    """The error to raise if a group that has worked holds no offset of its own for these partitions.

    Kafka forgets the offsets of a group without members after a while, and its tools can set them anew.
    """
    return ConfigurationError(
        f"{describe_partitions(partitions)}: Kafka has forgotten the group's offset, or something else has set it. "
        f"{remedy}"
    )


def describe_partitions(partitions: Iterable[Partition]) -> str:
    """The partitions for people, as `instant_message_in [0, 1], latest_messages_request [2]`."""
    by_topic: dict[str, list[int]] = {}
    for partition in sorted(partitions):
        by_topic.setdefault(partition.topic, []).append(partition.number)
    return ", ".join(f"{topic} {numbers}" for topic, numbers in by_topic.items())


def describe_kafka_error(error: Any, *clients: Any) -> str:
    """One line for people about a `KafkaException`, `KafkaError` or `TimeoutError`.

    If a broker did not answer, the line has the cause that a client reported. `clients` are those that nobody polls.
    """
    kafka_error = kafka_error_of(error)
    if is_denied(kafka_error):
        return str(denied(kafka_error))
    text = f"{kafka_error.name()}: {kafka_error.str()}" if isinstance(kafka_error, KafkaError) else "no answer in time"
    return with_cause(f"Kafka: {text}", *clients) if is_no_answer(error) else f"Kafka: {text}"


def is_no_answer(error: Any) -> bool:
    """Whether a broker did not answer or cannot be reached, so that the clients' reports may have the cause."""
    kafka_error = kafka_error_of(error)
    return isinstance(error, TimeoutError) or (isinstance(kafka_error, KafkaError) and kafka_error.code() in _NO_ANSWER)


def is_counted_out(error: Any) -> bool:
    """Whether the group goes on without this member, and takes no offsets of it any more."""
    kafka_error = kafka_error_of(error)
    return isinstance(kafka_error, KafkaError) and kafka_error.code() in {
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.ILLEGAL_GENERATION,
    }


def is_fenced_member(error: Any) -> bool:
    """Whether another consumer has taken this member's place in its group, under the same name."""
    kafka_error = kafka_error_of(error)
    if not isinstance(kafka_error, KafkaError):
        return False
    if kafka_error.code() == KafkaError.FENCED_INSTANCE_ID:
        return True
    # The client wraps the error into a fatal one, and names the wrapped error only in the text.
    return kafka_error.code() == KafkaError._FATAL and "same group.instance.id" in kafka_error.str()  # noqa: SLF001


def is_fenced_producer(error: Any) -> bool:
    """Whether another producer has initialised our transactional id, or the broker has aborted a slow transaction."""
    kafka_error = kafka_error_of(error)
    return isinstance(kafka_error, KafkaError) and kafka_error.code() in {
        KafkaError._FENCED,  # noqa: SLF001
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
    }
