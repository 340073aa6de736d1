"""`chat-tasks dispatch`."""

import sys

import click

from chat_tasks.garbage import without_search
from chat_tasks.settings import Settings
from chat_tasks.storage.early_session import EarlySession


@click.command()
def dispatch() -> None:
    """Run the bridge from the log to the workers, and from them to the output topics."""
    settings = Settings()
    session = EarlySession(settings)
    with without_search():
        # Kafka's client and the rest are half of what it imports: meanwhile the session is made.
        from bridge.dispatch.service import run_dispatch  # noqa: PLC0415
    sys.exit(run_dispatch(settings, session))
