"""Denied is not away: a broker answers, and refuses what a client asks.

Kafka's answer says neither who asked nor for what. The line for people says both, so that an operator can permit it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from bridge.kafka.connection.reports import identity
from chat_tasks.errors import Denied

_DENIED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError._AUTHENTICATION,  # noqa: SLF001 - its name for it
}


class KafkaDenied(Denied):
    """Kafka refuses it."""

    dependency = "kafka"


def kafka_error_of(error: Any) -> Any:
    """The client's `KafkaError` inside an exception; what is none is returned as it is."""
    return error.args[0] if isinstance(error, Exception) and error.args else error


def is_denied(error: Any) -> bool:
    """Whether a broker refuses us what we asked, or refuses us altogether."""
    kafka_error = kafka_error_of(error)
    return isinstance(kafka_error, KafkaError) and kafka_error.code() in _DENIED


def denied(error: Any, what: str = "") -> KafkaDenied:
    """The error to raise if a broker refuses `what`, such as `READ of topic conversation_log`.

    Without it there is the client's text, which seldom says what it is about.
    """
    kafka_error = kafka_error_of(error)
    principal, servers = identity()
    return KafkaDenied(f"Kafka denies {principal}: {what or kafka_error.str()} ({kafka_error.name()}, {servers})")


@contextmanager
def naming_denials(what: str) -> Iterator[None]:
    """Raise `KafkaDenied` in place of the client's exception if a broker refuses `what`; all other errors pass."""
    try:
        yield
    except KafkaException as error:
        if is_denied(error):
            raise denied(error, what) from error
        raise
