"""`chat-tasks init`."""

import click

from bridge.initialise import Start, initialise
from chat_tasks.settings import Settings


@click.command()
@click.option(
    "--from",
    "start",
    type=click.Choice(["earliest", "latest"]),
    default="earliest",
    help="Where to begin in topics that existed before; only where nothing was consumed yet.",
)
@click.option(
    "--reset-offsets",
    is_flag=True,
    help="Also where the committed offset is gone: the topic was truncated or made anew.",
)
def init(start: Start, *, reset_offsets: bool) -> None:
    """Create topics, keyspace and starting offsets. May be run again at any time."""
    initialise(Settings(), start, click.echo, reset_offsets=reset_offsets)
