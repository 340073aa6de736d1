"""`chat-tasks tail`: shows the records of a topic, or the messages of a conversation, as they come."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from bridge.commands.history import as_document, as_line, read_history
from bridge.kafka.headers import headers_of, sent_at_of
from bridge.kafka.reading.topic_reader import TopicReader
from bridge.kafka.topics.plans import fixed_partitions
from bridge.records.published import not_published, read_published
from bridge.terminal import show_json_line, show_line
from chat_tasks.conversation.pages import MissingRows, StoredMessage
from chat_tasks.conversation.routing import partition_of
from chat_tasks.settings import Settings
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import connected

_EVERYTHING = 2**62


def follow_conversation(
    settings: Settings, conversation_key: str, start: int | None = None
) -> Iterator[Sequence[StoredMessage | MissingRows]]:
    """The conversation's messages as they are published, without end; an empty sequence now and then; blocks.

    Before them come those from the number `start` on, each once.

    Raises `ConfigurationError`, `DependencyUnavailable`, `InvalidRecord` if a record of the conversation is no message.
    """
    with connected(settings) as session:
        spread = fixed_partitions(settings, check_stored_settings(session, settings))[settings.output_topic]
    key = conversation_key.encode()
    with TopicReader(settings, [settings.output_topic], partitions=[partition_of(key, spread)]) as reader:
        # A row is written before its message is published, so every message from before the reader's start has its row.
        next_number, missing = start or 0, []
        if start is not None:
            for one in read_history(settings, conversation_key, _EVERYTHING, after=start - 1):
                yield [one]
                next_number = one.last if isinstance(one, MissingRows) else one.sequence
                next_number += 1
                missing.extend([one] if isinstance(one, MissingRows) else [])
        while True:
            found = [_published(message) for message in reader.poll(1.0) if message.key() == key]
            yield [
                one
                for one in found
                if one.sequence >= next_number or any(gap.first <= one.sequence <= gap.last for gap in missing)
            ]


def _published(message: Any) -> StoredMessage:
    one = read_published(message)
    try:
        sent_at = datetime.fromtimestamp(int(sent_at_of(headers_of(message))) / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise not_published(message, str(error)) from error
    return StoredMessage(one.sequence, one.sender, one.recipients, one.body, sent_at, is_erased=False)


@click.command()
@click.option("--topic", help="Another of the topics than instant_message_out.")
@click.option("--from-beginning", is_flag=True, help="Begin with the oldest records of the topic.")
@click.option("--conversation", help="Only the messages of this conversation, as `history` shows them.")
@click.option("--from", "start", type=click.IntRange(0, 2**62), help="Begin with this number of the conversation.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def tail(
    topic: str | None, conversation: str | None, start: int | None, *, from_beginning: bool, as_json: bool
) -> None:
    """Show the records of instant_message_out as they come.

    Until it is interrupted. With --conversation, the messages of one conversation, read from its partition only.
    """
    if conversation is None and start is not None:
        raise click.UsageError("--from needs --conversation.", click.get_current_context())
    if conversation is not None and (topic or from_beginning):
        raise click.UsageError("--conversation goes with --from and --json only.", click.get_current_context())
    settings = Settings()
    if conversation is not None:
        for messages in follow_conversation(settings, conversation, start):
            for one in messages:
                if as_json:
                    show_json_line(as_document(one))
                else:
                    show_line(as_line(one))
    with TopicReader(settings, [topic or settings.output_topic], from_beginning=from_beginning) as reader:
        while True:
            for message in reader.poll(1.0):
                if as_json:
                    show_json_line(_record(message))
                else:
                    where = f"{message.topic()}[{message.partition()}] {message.offset()}"
                    show_line(f"{where}  {_text(message.value()) or ''}")


def _record(message: Any) -> dict[str, Any]:
    _, milliseconds = message.timestamp()
    return {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "time": datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds"),
        "key": _text(message.key()),
        "value": _text(message.value()),
    }


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="backslashreplace")
