"""Consumed messages as plain data, with the methods that confluent-kafka's have."""

from dataclasses import dataclass, field

from confluent_kafka import TIMESTAMP_CREATE_TIME

from bridge.kafka.headers import Headers
from bridge.records.log_record import encode_logged_value


@dataclass(frozen=True)
class ConsumedMessage:
    """`sent_at` in milliseconds since 1970."""

    of_topic: str
    of_partition: int
    at_offset: int
    with_value: bytes | None
    with_key: bytes | None = None
    with_headers: Headers = field(default_factory=list)
    kind: int = TIMESTAMP_CREATE_TIME
    sent_at: int = 1_000

    def topic(self) -> str:
        return self.of_topic

    def partition(self) -> int:
        return self.of_partition

    def offset(self) -> int:
        return self.at_offset

    def value(self) -> bytes | None:
        return self.with_value

    def key(self) -> bytes | None:
        return self.with_key

    def headers(self) -> Headers | None:
        """None where there are none, as the client has it."""
        return self.with_headers or None

    def timestamp(self) -> tuple[int, int]:
        return self.kind, self.sent_at


def logged_message(partition: int, offset: int, key: str, value: bytes, headers: Headers) -> ConsumedMessage:
    """A record of `conversation_log`, as ingest writes it for an input sent at 1970-01-01 00:00:00.500."""
    logged = encode_logged_value(500, value)
    return ConsumedMessage("conversation_log", partition, offset, logged, key.encode(), headers)
