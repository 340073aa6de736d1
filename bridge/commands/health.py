"""`chat-tasks health`."""

import click

from bridge.health import check_membership
from chat_tasks.settings import Settings


@click.command()
@click.argument("bridge", type=click.Choice(["ingest", "dispatch"]))
def health(bridge: str) -> None:
    """Ask Kafka whether the BRIDGE of this instance's name is at work; exit code 2 where it is not."""
    settings = Settings()
    check_membership(settings, settings.ingest_group if bridge == "ingest" else settings.dispatch_group)
    click.echo("at work")
