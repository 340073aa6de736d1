"""Puts a single record into a topic, as any user of the topic would."""

from confluent_kafka import KafkaException, Producer

from bridge.kafka.clients import base_config
from bridge.kafka.connection.denials import denied, is_denied, naming_denials
from bridge.kafka.connection.reports import with_cause
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error
from bridge.kafka.headers import Headers
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings

_SECONDS = 10.0


def send_record(
    settings: Settings, topic: str, value: bytes, *, partition: int = -1, headers: Headers | None = None
) -> tuple[int, int]:
    """Send a record without a key and wait; returns (partition, offset). Raises `DependencyUnavailable`."""
    acknowledged: list[tuple[int, int]] = []
    failed: list[DependencyUnavailable] = []
    what = f"WRITE of topic {topic}"

    def delivered(error: object, message: object) -> None:
        if error is not None:
            failed.append(denied(error, what) if is_denied(error) else KafkaUnavailable(describe_kafka_error(error)))
        else:
            acknowledged.append((message.partition(), message.offset()))  # type: ignore[attr-defined]

    producer = Producer({**base_config(settings), "acks": "all", "linger.ms": 0, "message.timeout.ms": _SECONDS * 1000})
    try:
        with naming_denials(what):
            producer.produce(topic, value, partition=partition, headers=[*(headers or ())], on_delivery=delivered)
    except KafkaException as error:
        raise KafkaUnavailable(describe_kafka_error(error)) from error
    producer.flush(_SECONDS)
    if failed:
        raise failed[0]
    if not acknowledged:
        raise KafkaUnavailable(with_cause(f"Kafka did not acknowledge within {_SECONDS:.0f} seconds"))
    return acknowledged[0]
