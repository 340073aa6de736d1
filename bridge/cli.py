"""The commands of `chat-tasks`."""

import logging
import sys
from typing import Any

import click

from bridge.dispatch.service import run_dispatch
from bridge.ingest.service import run_ingest
from bridge.initialise import Start, initialise
from chat_tasks.errors import ChatTasksError
from chat_tasks.settings import Settings


class _Commands(click.Group):
    """Shows our own errors as one line and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ChatTasksError as error:
            raise SystemExit(_say(str(error))) from None


def _say(reason: str) -> int:
    click.echo(f"chat-tasks: {reason}", err=True)
    return 2


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A chat back end: Kafka to Kafka exactly once, totally ordered per conversation.

    Settings come from the environment (CHAT_...) and from .env; see .env.example.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)


@main.command()
@click.option(
    "--from",
    "start",
    type=click.Choice(["earliest", "latest"]),
    default="earliest",
    help="Where to begin in topics that existed before; only where nothing was consumed yet.",
)
def init(start: Start) -> None:
    """Create topics, keyspace and starting offsets. May be run again at any time."""
    initialise(Settings(), start, click.echo)


@main.command()
def ingest() -> None:
    """Run the bridge from instant_message_in to the log."""
    sys.exit(run_ingest(Settings()))


@main.command()
def dispatch() -> None:
    """Run the bridge from the log to the workers, and from them to the output topics."""
    sys.exit(run_dispatch(Settings()))
