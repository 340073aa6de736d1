"""`chat-tasks`: finds the typed command in `bridge.commands`."""

import gc
import importlib
import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from typing import IO, Any

import click

from bridge.terminal import show_line
from chat_tasks.errors import ChatTasksError, ConfigurationError
from chat_tasks.log.setup import logs_json, set_log_up
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

# In the order in which people need them.
_SECTIONS = {
    "Set up and run": ("init", "ingest", "dispatch"),
    "Send and read messages": ("send", "latest", "history", "tail"),
    "See whether all is well": ("console", "health", "doctor", "top", "verify"),
    "Deal with what went wrong": ("letters", "quarantine", "erase", "audit"),
    "For the shell": ("completion",),
}
# A longer first sentence would be cut.
_WIDEST = 64
_COMMANDS = [command for commands in _SECTIONS.values() for command in commands]
# The bridge does not import the packages of these: their entry points name them.
_OF_OTHER_PACKAGES = ("console",)


class _Refusal(click.ClickException):
    """Ends the command with one line and exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002
        if logs_json():
            logger.critical("%s", self.message, extra={"event": "command_refused", "reason": self.message})
        else:
            show_line(f"chat-tasks: {self.message}", is_error=True)


@contextmanager
def _one_line() -> Iterator[None]:
    """Make a wrong argument, or an error of our own, one line."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        command = "chat-tasks" if error.ctx is None else error.ctx.command_path
        raise _Refusal(f"{error.format_message()} See `{command} --help`.") from None
    except ChatTasksError as error:
        raise _Refusal(str(error)) from error


class _Commands(click.Group):
    """Imports only the module of the command that is run, because imports take most of a bridge's time to start."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return _COMMANDS

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, names in _SECTIONS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(section):
                formatter.write_dl([(name, one.get_short_help_str(_WIDEST)) for name, one in commands if one])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command
        if cmd_name in _OF_OTHER_PACKAGES:
            [found] = entry_points(group="chat_tasks.commands", name=cmd_name)
            command = found.load()
            return command
        # Python's search for reference cycles takes a fifth of the time of these imports.
        gc.disable()
        command = getattr(importlib.import_module(f"bridge.commands.{cmd_name}"), cmd_name)
        gc.enable()
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _one_line():
            for number, one in enumerate(args, start=1):
                # Python puts surrogates in the place of bytes that are not UTF-8.
                if any("\ud800" <= character <= "\udfff" for character in one):
                    raise click.UsageError(f"Argument {number} is not UTF-8.", ctx)
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _one_line():
            return super().invoke(ctx)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def main(ctx: click.Context) -> None:
    """A chat back end: Kafka to Kafka exactly once, totally ordered per conversation.

    Settings come from the environment (CHAT_...) and from .env; see .env.example.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that knows few characters shows the others escaped.
        sys.stdout.reconfigure(errors="backslashreplace")
    # The command itself says what is wrong with the settings, if it needs them.
    with suppress(ConfigurationError):
        set_log_up(Settings(), ctx.invoked_subcommand or "")
