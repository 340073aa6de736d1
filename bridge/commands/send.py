"""`chat-tasks send`: sends one message to a conversation."""

import click

from bridge.kafka.send import send_record
from bridge.records.acceptance import accept_message
from bridge.terminal import show_line
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings


@click.command()
@click.argument("conversation")
@click.argument("body")
@click.option("--sender", default="me", show_default=True)
@click.option("--to", "recipients", multiple=True, help="May be given several times.")
def send(conversation: str, body: str, sender: str, recipients: tuple[str, ...]) -> None:
    """Send BODY to CONVERSATION, by way of instant_message_in."""
    settings = Settings()
    message = InstantMessage(conversationKey=conversation, sender=sender, recipients=list(recipients), body=body)
    # Refused here as ingest would refuse it: a dead letter tells the sender nothing.
    valid = accept_message(encode_message(message), [], settings)
    partition, offset = send_record(settings, settings.message_topic, valid.value)
    show_line(f"{settings.message_topic}[{partition}] offset {offset}")
