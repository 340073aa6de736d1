"""The commands of `chat-tasks`."""

import logging
import sys
from typing import Any

import click
import orjson
from rich.console import Console

from bridge.dispatch.service import run_dispatch
from bridge.health import check_membership
from bridge.ingest.service import run_ingest
from bridge.initialise import Start, initialise
from bridge.latest_request import request_latest
from bridge.quarantine import as_table, quarantined_conversations, release_conversation
from bridge.sending import send_record
from bridge.topic_reader import TopicReader
from chat_tasks.errors import ChatTasksError
from chat_tasks.settings import Settings
from chat_tasks.wire import InstantMessage, encode_message


class _Commands(click.Group):
    """Shows our own errors as one line, with exit code 2."""

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


@main.command()
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


@main.command()
def ingest() -> None:
    """Run the bridge from instant_message_in to the log."""
    sys.exit(run_ingest(Settings()))


@main.command()
def dispatch() -> None:
    """Run the bridge from the log to the workers, and from them to the output topics."""
    sys.exit(run_dispatch(Settings()))


@main.command()
@click.argument("bridge", type=click.Choice(["ingest", "dispatch"]))
def health(bridge: str) -> None:
    """Ask Kafka whether the BRIDGE of this instance's name is at work; exit code 2 where it is not."""
    settings = Settings()
    check_membership(settings, settings.ingest_group if bridge == "ingest" else settings.dispatch_group)
    click.echo("at work")


@main.command()
@click.argument("conversation")
@click.argument("body")
@click.option("--sender", default="me", show_default=True)
@click.option("--to", "recipients", multiple=True, help="May be given several times.")
def send(conversation: str, body: str, sender: str, recipients: tuple[str, ...]) -> None:
    """Send BODY to CONVERSATION, by way of instant_message_in."""
    settings = Settings()
    message = InstantMessage(conversationKey=conversation, sender=sender, recipients=list(recipients), body=body)
    partition, offset = send_record(settings, settings.message_topic, encode_message(message))
    click.echo(f"{settings.message_topic}[{partition}] offset {offset}")


@main.command()
@click.argument("conversation")
@click.option("-n", "--count", default=10, show_default=True, type=click.IntRange(min=0))
@click.option("--before", type=click.IntRange(min=0), help="Only messages with lower sequence numbers.")
@click.option("--timeout", default=10.0, show_default=True, help="Seconds to wait for the block.")
def latest(conversation: str, count: int, before: int | None, timeout: float) -> None:
    """Show the latest messages of CONVERSATION, oldest first."""
    for sender, body, sequence in request_latest(Settings(), conversation, count, before, timeout):
        click.echo(f"{sequence:>8}  {sender}: {body}")


@main.command()
@click.option("--topic", help="Another of the topics than instant_message_out.")
@click.option("--from-beginning", is_flag=True)
def tail(topic: str | None, from_beginning: bool) -> None:
    """Show the records of instant_message_out as they come, until interrupted."""
    settings = Settings()
    with TopicReader(settings, [topic or settings.output_topic], from_beginning=from_beginning) as reader:
        while True:
            for message in reader.poll(1.0):
                value = (message.value() or b"").decode(errors="backslashreplace")
                click.echo(f"{message.topic()}[{message.partition()}] {message.offset()}  {value}")


@main.group()
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
@click.option("--timeout", default=60.0, show_default=True, help="Seconds to wait for dispatch to do it.")
def release(conversation: str, timeout: float) -> None:
    """Replay the dead letters of CONVERSATION, in order, before anything newer of it.

    First mend its rows: up to its last message in instant_message_out they must be what that says. May be run again at
    any time; where the rows still contradict the log the conversation is quarantined again, and nothing is lost.
    """
    release_conversation(Settings(), conversation, timeout, click.echo)
