"""What a broker denies gets a line that names who asked for what; other errors stay what they are."""

from collections.abc import Mapping

import pytest
from confluent_kafka import KafkaError, KafkaException

from bridge.kafka.clients import base_config
from bridge.kafka.connection.denials import naming_denials
from bridge.kafka.connection.properties import principal_of
from bridge.kafka.connection.reports import take_report
from bridge.kafka.errors import describe_kafka_error
from chat_tasks.errors import Denied
from chat_tasks.settings import Settings

CHAT = {
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "PLAIN",
    "sasl.username": "chat",
    "sasl.password": "secret",
}


@pytest.fixture(autouse=True)
def identity() -> None:
    """The process is `chat`, as of its first client."""
    base_config(Settings(kafka_bootstrap_servers="broker:9092", kafka_properties=CHAT))


def test_a_denial_names_principal_operation_resource_and_server() -> None:
    error = KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
    with pytest.raises(Denied) as found, naming_denials("READ of topic dead_letter"):
        raise error
    assert str(found.value) == (
        "Kafka denies chat: READ of topic dead_letter (TOPIC_AUTHORIZATION_FAILED, broker:9092)"
    )
    assert describe_kafka_error(error) == (
        "Kafka denies chat: Broker: Topic authorization failed (TOPIC_AUTHORIZATION_FAILED, broker:9092)"
    )


def test_a_broker_that_is_away_denies_nothing() -> None:
    with pytest.raises(KafkaException), naming_denials("READ of topic dead_letter"):
        raise KafkaException(KafkaError(KafkaError._TRANSPORT))


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (KafkaError._AUTHENTICATION, "Kafka denies chat: broker:9092: wrong password"),
        (KafkaError._SSL, "Kafka: no connection with TLS: broker:9092: wrong password"),
        (KafkaError._RESOLVE, "Kafka: unknown host: broker:9092: wrong password"),
        (KafkaError._TRANSPORT, "Kafka: no answer in time (broker:9092: wrong password)"),
    ],
)
def test_the_cause_takes_the_place_of_the_time_that_is_over(code: int, line: str) -> None:
    take_report(KafkaError(code, "broker:9092: wrong password (after 4ms in state AUTH_REQ, 2 identical error(s))"))
    assert describe_kafka_error(TimeoutError()) == line


@pytest.mark.parametrize(
    ("properties", "principal"),
    [
        (CHAT, "chat"),
        ({"security.protocol": "SASL_SSL", "sasl.oauthbearer.config": "principal=me scope=all"}, "me"),
        ({"security.protocol": "SASL_SSL", "sasl.oauthbearer.method": "oidc"}, "the bearer of our token"),
        ({"security.protocol": "SSL", "ssl.certificate.location": "me.pem"}, "the certificate me.pem"),
        ({"security.protocol": "SSL"}, "anonymous clients"),
        ({}, "anonymous clients"),
    ],
)
def test_a_process_is_who_its_properties_say(properties: Mapping[str, str], principal: str) -> None:
    assert principal_of(properties) == principal
