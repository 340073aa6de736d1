"""`chat-tasks latest`: asks for the latest messages of a conversation and waits for the block."""

from uuid import uuid4

import click

from bridge.kafka.connection.reports import with_cause
from bridge.kafka.reading.topic_reader import TopicReader
from bridge.kafka.send import send_record
from bridge.records.validation import validate_request
from bridge.terminal import show_line
from chat_tasks.conversation.records import Chatter
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.formats.topics import LatestMessagesBlock, LatestMessagesRequest
from chat_tasks.settings import Settings

# Every header of a request comes back with its block. Our own requests carry this one.
CORRELATION_HEADER = "correlation_id"


def request_latest(
    settings: Settings, conversation_key: str, count: int, before: int | None, timeout: float
) -> list[Chatter]:
    """The messages as (sender, body, sequence number), oldest first. `timeout` is in seconds.

    Raises `InvalidRecord` for what dispatch would refuse, `DependencyUnavailable`.
    """
    correlation = uuid4().hex.encode()
    request = LatestMessagesRequest(conversationKey=conversation_key, numMsgs=count, beforeSeq=before)
    value = request.model_dump_json(exclude_none=True).encode()
    validate_request(value, settings)
    with TopicReader(settings, [settings.block_topic]) as reader:
        send_record(
            settings,
            settings.request_topic,
            value,
            headers=[(CORRELATION_HEADER, correlation)],
        )
        for message in reader.follow(timeout):
            if (CORRELATION_HEADER, correlation) in (message.headers() or ()):
                return LatestMessagesBlock.model_validate_json(message.value()).latestChatter
    raise DependencyUnavailable(
        with_cause(f"no block came within {timeout:g} seconds: does the pipeline run (`honcho start`)?")
    )


@click.command()
@click.argument("conversation")
@click.option("-n", "--count", default=10, show_default=True, type=click.IntRange(0, 2**63 - 1))
@click.option("--before", type=click.IntRange(0, 2**63 - 1), help="Only messages with lower sequence numbers.")
@click.option("--timeout", default=10.0, show_default=True, help="Seconds to wait for the block.")
def latest(conversation: str, count: int, before: int | None, timeout: float) -> None:
    """Show the latest messages of CONVERSATION, oldest first."""
    for sender, body, sequence in request_latest(Settings(), conversation, count, before, timeout):
        show_line(f"{sequence:>8}  {sender}: {body}")
