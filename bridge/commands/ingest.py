"""`chat-tasks ingest`."""

import sys

import click

from chat_tasks.garbage import without_search
from chat_tasks.settings import Settings
from chat_tasks.storage.early_session import EarlySession


@click.command()
def ingest() -> None:
    """Run the bridge from instant_message_in to the log."""
    settings = Settings()
    session = EarlySession(settings)
    with without_search():
        # Kafka's client and the rest are half of what it imports: meanwhile the session is made.
        from bridge.ingest.service import run_ingest  # noqa: PLC0415
    sys.exit(run_ingest(settings, session))
