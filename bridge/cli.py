"""`chat-tasks`: finds the typed command in `bridge.commands`."""

import gc
import importlib
import logging
import sys
from typing import Any

import click

from chat_tasks.errors import ChatTasksError

_COMMANDS = ("init", "ingest", "dispatch", "health", "send", "latest", "tail", "quarantine")


class _Commands(click.Group):
    """Imports only the module of the command that is run, because imports take most of a bridge's time to start.

    An error of our own is shown as one line, with exit code 2.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        # Python's search for reference cycles takes a fifth of the time of these imports.
        gc.disable()
        command: click.Command = getattr(importlib.import_module(f"bridge.commands.{cmd_name}"), cmd_name)
        gc.enable()
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ChatTasksError as error:
            click.echo(f"chat-tasks: {error}", err=True)
            sys.exit(2)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A chat back end: Kafka to Kafka exactly once, totally ordered per conversation.

    Settings come from the environment (CHAT_...) and from .env; see .env.example.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
