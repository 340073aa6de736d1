"""Puts a single record into a topic, as any user of the topic would."""

from confluent_kafka import KafkaException, Producer

from bridge.kafka.clients import base_config
from bridge.kafka.errors import describe_kafka_error
from bridge.kafka.headers import Headers
from bridge.kafka.reports import last_report
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings

_SECONDS = 10.0


def send_record(
    settings: Settings, topic: str, value: bytes, *, partition: int = -1, headers: Headers | None = None
) -> tuple[int, int]:
    """Send a record without a key and wait; returns (partition, offset). Raises `DependencyUnavailable`."""
    acknowledged: list[tuple[int, int]] = []
    failed: list[str] = []

    def delivered(error: object, message: object) -> None:
        if error is not None:
            failed.append(describe_kafka_error(error))
        else:
            acknowledged.append((message.partition(), message.offset()))  # type: ignore[attr-defined]

    producer = Producer({**base_config(settings), "acks": "all", "linger.ms": 0, "message.timeout.ms": _SECONDS * 1000})
    try:
        producer.produce(topic, value, partition=partition, headers=[*(headers or ())], on_delivery=delivered)
    except KafkaException as error:
        raise DependencyUnavailable(describe_kafka_error(error)) from error
    producer.flush(_SECONDS)
    if not acknowledged:
        raise DependencyUnavailable(
            failed[0] if failed else f"Kafka did not acknowledge within {_SECONDS:.0f} seconds{last_report()}"
        )
    return acknowledged[0]
