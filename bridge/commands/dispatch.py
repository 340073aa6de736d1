"""`chat-tasks dispatch`: runs the dispatch process."""

import sys

import click

from bridge.dispatch.process import run_dispatch
from chat_tasks.settings import Settings


@click.command()
def dispatch() -> None:
    """Run the bridge from the log to the workers and to the outputs."""
    sys.exit(run_dispatch(Settings()))
