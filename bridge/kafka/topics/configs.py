"""What the properties of a topic have to be, what they are, and how they become what they have to be."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from bridge.kafka.connection.denials import naming_denials
from bridge.kafka.errors import KafkaUnavailable, describe_kafka_error

_SECONDS = 15.0


Relation = Literal["exactly", "at least", "at first"]


class Property(NamedTuple):
    """What a property of a topic has to be.

    A property that `is_vital` loses, doubles or holds up records if it is different. Any other costs disk or time. One
    that is only "at first" so is given to a new topic, and an existing topic's is its operator's.
    """

    value: str
    relation: Relation = "exactly"
    is_vital: bool = True

    def fits(self, found: str | None) -> bool:
        """Whether the value that a topic has will do."""
        if self.relation == "at first":
            return True
        if self.relation == "exactly" or found is None:
            return found == self.value
        return int(found) >= int(self.value)


Properties = Mapping[str, Property]


def unfit(wanted: Properties, found: Mapping[str, str]) -> dict[str, Property]:
    """The properties that are not what they have to be, by name."""
    return {name: one for name, one in wanted.items() if not one.fits(found.get(name))}


def describe(properties: Properties) -> str:
    """One line about what properties have to be."""
    return ", ".join(
        f"{name}={one.value}" + " or more" * (one.relation == "at least") for name, one in properties.items()
    )


def read_configs(admin: AdminClient, resources: Sequence[ConfigResource]) -> list[dict[str, str]]:
    """The configuration of each resource, in the order of the resources, by one request; blocks.

    Raises `DependencyUnavailable`, `Denied`.
    """
    try:
        described = admin.describe_configs(list(resources), request_timeout=_SECONDS)
        found = []
        for resource in resources:
            kind = "broker" if resource.restype is ResourceType.BROKER else "topic"
            with naming_denials(f"DESCRIBE_CONFIGS of {kind} {resource.name}"):
                found.append(described[resource].result(_SECONDS))
        return [{name: entry.value for name, entry in entries.items()} for entries in found]
    except (KafkaException, TimeoutError) as error:
        raise KafkaUnavailable(describe_kafka_error(error, admin)) from error


def read_topic_configs(admin: AdminClient, topics: Sequence[str]) -> list[dict[str, str]]:
    """The configuration of each topic, in their order; blocks. Raises `DependencyUnavailable`."""
    return read_configs(admin, [ConfigResource(ResourceType.TOPIC, one) for one in topics])


def read_broker_config(admin: AdminClient) -> dict[str, str]:
    """The configuration of one of the brokers; blocks. Raises `DependencyUnavailable`."""
    try:
        brokers = list(admin.list_topics(timeout=_SECONDS).brokers)
    except KafkaException as error:
        raise KafkaUnavailable(describe_kafka_error(error, admin)) from error
    if not brokers:
        # A broker that has just come back answers before its controller has let it in.
        raise KafkaUnavailable("Kafka: no broker is part of the cluster yet")
    [found] = read_configs(admin, [ConfigResource(ResourceType.BROKER, str(brokers[0]))])
    return found


def alter_topic(admin: AdminClient, topic: str, properties: Properties) -> None:
    """Set these properties of a topic, and leave its others alone; blocks. Raises `KafkaException`, `Denied`."""
    entries = [
        ConfigEntry(name, one.value, incremental_operation=AlterConfigOpType.SET) for name, one in properties.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    with naming_denials(f"ALTER_CONFIGS of topic {topic}"):
        admin.incremental_alter_configs([resource], request_timeout=_SECONDS)[resource].result(_SECONDS)
