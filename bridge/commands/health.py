"""`chat-tasks health`: whether a bridge is at work, as Kafka sees it."""

import click
from confluent_kafka import ConsumerGroupState
from confluent_kafka.admin import AdminClient

from bridge.kafka.clients import base_config
from bridge.kafka.groups import describe_group
from bridge.kafka.open_transactions import open_transactions
from bridge.terminal import show_line
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings


@click.command()
@click.argument("bridge", type=click.Choice(["ingest", "dispatch"]))
def health(bridge: str) -> None:
    """Ask Kafka whether the BRIDGE of this instance's name is at work; exit code 2 where it is not.

    Partitions that an open transaction holds back are named.
    """
    settings = Settings()
    check_membership(settings, settings.ingest_group if bridge == "ingest" else settings.dispatch_group)
    show_line("at work")
    topics = [settings.message_topic] if bridge == "ingest" else [settings.log_topic, settings.request_topic]
    # The process is well, so the exit code stays 0: starting it again would end nobody else's transaction.
    for one in open_transactions(settings, topics):
        show_line(f"but {one}")


def check_membership(settings: Settings, group: str) -> None:
    """Raise `DependencyUnavailable` if the group has no live member of this instance's name, or Kafka does not answer.

    A member that was killed counts as live until its session times out.
    """
    found = describe_group(AdminClient(base_config(settings)), group)
    names = {member.group_instance_id for member in found.members}
    if settings.instance_name not in names:
        raise DependencyUnavailable(f"{settings.instance_name} is not a member of group {group}")
    if found.state is not ConsumerGroupState.STABLE:
        raise DependencyUnavailable(f"group {group} is {found.state.name}")
