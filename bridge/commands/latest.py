"""`chat-tasks latest`."""

import click

from bridge.latest_request import request_latest
from chat_tasks.settings import Settings


@click.command()
@click.argument("conversation")
@click.option("-n", "--count", default=10, show_default=True, type=click.IntRange(min=0))
@click.option("--before", type=click.IntRange(min=0), help="Only messages with lower sequence numbers.")
@click.option("--timeout", default=10.0, show_default=True, help="Seconds to wait for the block.")
def latest(conversation: str, count: int, before: int | None, timeout: float) -> None:
    """Show the latest messages of CONVERSATION, oldest first."""
    for sender, body, sequence in request_latest(Settings(), conversation, count, before, timeout):
        click.echo(f"{sequence:>8}  {sender}: {body}")
