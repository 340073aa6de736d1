"""`chat-tasks ingest`: runs the ingest process."""

import sys

import click

from bridge.ingest.process import run_ingest
from chat_tasks.settings import Settings


@click.command()
def ingest() -> None:
    """Run the bridge from instant_message_in to the log."""
    sys.exit(run_ingest(Settings()))
