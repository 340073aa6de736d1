"""Why the next loop begins, by what ended the one before."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from bridge.kafka.errors import KafkaUnavailable, SessionOver
from bridge.loop.measuring.measurements import StartReason, start_reason
from chat_tasks.errors import CassandraUnavailable, ChatTasksError, LoopStalled


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LoopStalled("nothing got done"), StartReason.STALLED),
        (SessionOver("Kafka: the session is over"), StartReason.SESSION),
        (KafkaException(KafkaError(KafkaError.UNKNOWN_MEMBER_ID)), StartReason.SESSION),
        (KafkaException(KafkaError(KafkaError.ILLEGAL_GENERATION)), StartReason.SESSION),
        (KafkaUnavailable("Kafka: no answer"), StartReason.SERVER),
        (CassandraUnavailable("no Cassandra node answers"), StartReason.SERVER),
        (ChatTasksError("Kafka: offset 3 came after 4"), StartReason.SERVER),
        (KafkaException(KafkaError(KafkaError._TIMED_OUT)), StartReason.SERVER),
        (KafkaException(KafkaError(KafkaError.FENCED_INSTANCE_ID)), StartReason.FENCED),
        (KafkaException(KafkaError(KafkaError.INVALID_PRODUCER_EPOCH)), StartReason.FENCED),
    ],
)
def test_each_end_has_its_reason(error: Exception, reason: StartReason) -> None:
    assert start_reason(error) is reason
