"""Whether a bridge is at work, as Kafka sees it."""

from typing import Any

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config, describe
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings

_SECONDS = 10.0


def describe_group(admin: AdminClient, group: str) -> Any:
    """The client's `ConsumerGroupDescription`; blocks. Raises `DependencyUnavailable`.

    Where the coordinator goes away just then, librdkafka may abort the process (its issue 4605).
    """
    try:
        [future] = admin.describe_consumer_groups([group], request_timeout=_SECONDS).values()
        return future.result(_SECONDS)
    except (KafkaException, TimeoutError) as error:
        raise DependencyUnavailable(describe(error)) from error


def check_membership(settings: Settings, group: str) -> None:
    """Raise `DependencyUnavailable` where this instance's name is not a live member of the group, or nobody answers.

    A member that was killed counts as live until its session times out.
    """
    found = describe_group(AdminClient(base_config(settings)), group)
    names = {member.group_instance_id for member in found.members}
    if settings.instance_name not in names:
        raise DependencyUnavailable(f"{settings.instance_name} is not a member of group {group}")
    if found.state is not ConsumerGroupState.STABLE:
        raise DependencyUnavailable(f"group {group} is {found.state.name}")
