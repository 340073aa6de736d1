"""What the properties of a topic have to be, what they are, and how they become what they have to be."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from bridge.kafka.errors import describe_kafka_error
from chat_tasks.errors import DependencyUnavailable

_SECONDS = 15.0


class Property(NamedTuple):
    """What a property of a topic has to be.

    A property that `is_vital` loses, doubles or holds up records if it is different. Any other costs disk or time.
    """

    value: str
    relation: Literal["exactly", "at least"] = "exactly"
    is_vital: bool = True

    def fits(self, found: str | None) -> bool:
        """Whether the value that a topic has will do."""
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

    Raises `DependencyUnavailable`.
    """
    try:
        described = admin.describe_configs(list(resources), request_timeout=_SECONDS)
        found = [described[resource].result(_SECONDS) for resource in resources]
        return [{name: entry.value for name, entry in entries.items()} for entries in found]
    except (KafkaException, TimeoutError) as error:
        raise DependencyUnavailable(describe_kafka_error(error, admin)) from error


def read_topic_configs(admin: AdminClient, topics: Sequence[str]) -> list[dict[str, str]]:
    """The configuration of each topic, in their order; blocks. Raises `DependencyUnavailable`."""
    return read_configs(admin, [ConfigResource(ResourceType.TOPIC, one) for one in topics])


def alter_topic(admin: AdminClient, topic: str, properties: Properties) -> None:
    """Set these properties of a topic, and leave its others alone; blocks. Raises `KafkaException`."""
    entries = [
        ConfigEntry(name, one.value, incremental_operation=AlterConfigOpType.SET) for name, one in properties.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin.incremental_alter_configs([resource], request_timeout=_SECONDS)[resource].result(_SECONDS)
