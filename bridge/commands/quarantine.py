"""`chat-tasks quarantine`: show, release."""

import click
import orjson
from rich.console import Console

from bridge.quarantine import as_table, quarantined_conversations, release_conversation
from chat_tasks.settings import Settings


@click.group()
def quarantine() -> None:
    """Conversations whose rows in Cassandra contradict the log, and the way back for them."""


@quarantine.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON array.")
def show(*, as_json: bool) -> None:
    """Show the quarantined conversations and how many of their messages wait in dead_letter."""
    found = quarantined_conversations(Settings())
    if as_json:
        click.echo(orjson.dumps([one.document() for one in found], option=orjson.OPT_INDENT_2))
    elif found:
        Console().print(as_table(found))
    else:
        click.echo("no conversation is quarantined")


@quarantine.command()
@click.argument("conversation")
@click.option("--timeout", default=120.0, show_default=True, help="Seconds to wait for dispatch to do it.")
def release(conversation: str, timeout: float) -> None:
    """Replay the dead letters of CONVERSATION, in order, before anything newer of it.

    First mend its rows: up to its last message in instant_message_out they must be what that says. May be run again at
    any time; where the rows still contradict the log the conversation is quarantined again, and nothing is lost.
    """
    release_conversation(Settings(), conversation, timeout, click.echo)
