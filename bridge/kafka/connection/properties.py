"""The properties of Kafka's client that an operator may set: how a client reaches the brokers and proves who it is.

All others are the project's own. Most of them would change what it promises, and the client has two names for some.
"""

import logging
import re
from collections.abc import Mapping
from functools import cache

from confluent_kafka import KafkaException, Producer

from chat_tasks.errors import ConfigurationError
from chat_tasks.setting_variables import kafka_variable
from chat_tasks.settings import Settings

# librdkafka reports every refused connection, for every broker and client. This project logs what matters once.
SILENT = logging.getLogger("librdkafka")
SILENT.disabled = True

_PREFIXES = ("security.", "sasl.", "ssl.", "https.", "enable.sasl.", "enable.ssl.", "broker.address.")
_NAMES = frozenset({"client.dns.lookup", "client.rack", "connections.max.idle.ms", "socket.keepalive.enable"})

_NO_PROPERTY = "no.such.property"


def chosen_properties(settings: Settings) -> dict[str, str]:
    """The properties that the operator has set.

    Raises `ConfigurationError` if one of them is unknown, wrong, or not the operator's to set, or if no client can be
    made with them. The error names variables, and no value.
    """
    given = {name: value.get_secret_value() for name, value in settings.kafka_properties.items()}
    if given:
        _check(tuple(given.items()))
    return given


def principal_of(properties: Mapping[str, str]) -> str:
    """Who a client with these properties is, as far as they say."""
    if "SASL" in properties.get("security.protocol", "").upper():
        claimed = re.search(r"principal=(\S+)", properties.get("sasl.oauthbearer.config", ""))
        return properties.get("sasl.username") or (claimed[1] if claimed else "the bearer of our token")
    certificate = properties.get("ssl.certificate.location") or properties.get("ssl.keystore.location")
    return f"the certificate {certificate}" if certificate else "anonymous clients"


@cache
def _check(given: tuple[tuple[str, str], ...]) -> None:
    """Check them once for each process: a file that is being replaced must not end a process that runs."""
    reasons = [f"{kafka_variable(name)}: {reason}" for name, value in given if (reason := _why_not(name, value))]
    if reasons:
        raise ConfigurationError(f"wrong setting: {'; '.join(reasons)}")
    try:
        Producer({**dict(given), "logger": SILENT, "log_level": 2})
    except KafkaException as error:
        # This text names properties, and what is wrong with a file. It quotes no value of a property that was taken.
        raise ConfigurationError(f"wrong setting for Kafka's client: {error.args[0].str()}") from None


def _why_not(name: str, value: str) -> str | None:
    """Why the property cannot be set to this value; None if it can."""
    is_theirs = name.startswith(_PREFIXES) or name in _NAMES
    text = ""
    try:
        # The client takes properties in their order and reports the first one that is wrong, so that none is made.
        Producer({name: value if is_theirs else "", _NO_PROPERTY: "", "logger": SILENT})
    except KafkaException as error:
        text = error.args[0].str()
    except (AttributeError, TypeError, ValueError):
        text = "no text"
    if text == f'No such configuration property: "{name}"':
        return f"Kafka's client has no property {name}"
    if not is_theirs:
        return f"{name} is not yours to set, because what this project promises depends on its own properties"
    return None if _NO_PROPERTY in text else f"Kafka's client does not take this value for {name}"
