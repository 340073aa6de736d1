"""Properties of Kafka's client: an operator sets how a client proves who it is, and nothing that a promise rests on."""

import pytest

from bridge.kafka.clients import base_config, consumer_config, producer_config, reader_config
from bridge.kafka.connection.properties import chosen_properties
from chat_tasks.errors import ConfigurationError
from chat_tasks.settings import Settings

SECURED = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": "chat",
    "sasl.password": "secret",
    "client.rack": "a",
}


def test_every_client_has_them() -> None:
    settings = Settings(kafka_properties=SECURED)
    for config in (
        base_config(settings),
        reader_config(settings, "group"),
        consumer_config(settings, "group"),
        producer_config(settings, "group"),
    ):
        assert SECURED.items() <= config.items()


def test_nothing_of_ours_can_be_set() -> None:
    settings = Settings()
    ours = {*consumer_config(settings, "group"), *producer_config(settings, "group"), *reader_config(settings, "group")}
    # Not from a text: these are no properties for the client.
    ours -= {"logger", "log_level", "error_cb"}
    # Other names of the same properties, and what nobody sets today.
    ours |= {
        *("metadata.broker.list", "request.required.acks", "max.in.flight", "fetch.message.max.bytes", "retries"),
        *("plugin.library.paths", "default.topic.config", "partitioner", "allow.auto.create.topics"),
    }
    for name in ours:
        with pytest.raises(ConfigurationError, match=f"^wrong setting: CHAT_KAFKA_[A-Z_]*: {name} is not yours to set"):
            chosen_properties(Settings(kafka_properties={name: "0"}))


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"sasl.usernam": "secret"}, "CHAT_KAFKA_SASL_USERNAM: Kafka's client has no property sasl.usernam"),
        ({"properties": "secret"}, "CHAT_KAFKA_PROPERTIES: Kafka's client has no property properties"),
        ({"security.protocol": "secret"}, "CHAT_KAFKA_SECURITY_PROTOCOL: Kafka's client does not take this value"),
    ],
)
def test_a_wrong_property_gives_its_variable_and_never_its_value(properties: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^wrong setting: {reason}") as wrong:
        chosen_properties(Settings(kafka_properties=properties))
    assert "secret" not in str(wrong.value)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN"}, "sasl.username and sasl.password must be set"),
        ({"security.protocol": "SSL", "ssl.ca.location": "/none.pem"}, "ssl.ca.location failed"),
    ],
)
def test_properties_that_make_no_client_are_told(properties: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^wrong setting for Kafka's client: .*{reason}"):
        chosen_properties(Settings(kafka_properties=properties))
