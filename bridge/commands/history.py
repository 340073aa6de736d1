"""`chat-tasks history`: shows any part of a conversation, as Cassandra has it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click
import orjson

from bridge.terminal import show_json_line, show_line
from chat_tasks.conversation.pages import MissingRows, StoredMessage, page_of, with_missing
from chat_tasks.settings import Settings
from chat_tasks.storage.inspection.pages import PageReader
from chat_tasks.storage.schema import check_stored_settings
from chat_tasks.storage.session import connected

_NUMBER = click.IntRange(0, 2**63 - 2)


def read_history(
    settings: Settings,
    conversation_key: str,
    limit: int,
    *,
    around: int | None = None,
    before: int | None = None,
    after: int | None = None,
) -> Iterator[StoredMessage | MissingRows]:
    """The rows of a page in their order, as `page_of` has it, and the numbers without a row; blocks.

    Raises `ConfigurationError`, `DependencyUnavailable`.
    """
    with connected(settings) as session:
        check_stored_settings(session, settings)
        reader = PageReader(session, settings.cassandra_keyspace, settings.bucket_size)
        newest = reader.newest(conversation_key)
        if newest is None:
            return
        page = page_of(newest, limit, around=around, before=before, after=after)
        if page.first < page.end:
            yield from with_missing(reader.rows(conversation_key, page), page)


def as_document(one: StoredMessage | MissingRows) -> dict[str, Any]:
    """A row, or the numbers without one; ready for JSON."""
    if isinstance(one, MissingRows):
        return {"state": "missing", "conversationMsgSeq": one.first, "lastMsgSeq": one.last}
    return {
        "state": "erased" if one.is_erased else "stored",
        "conversationMsgSeq": one.sequence,
        "sentAt": _time(one.sent_at),
        "sender": one.sender,
        "recipients": one.recipients or [],
        "body": one.body,
    }


def as_line(one: StoredMessage | MissingRows) -> str:
    """The same for people. What a user has written stands behind all that is ours, so that it can forge none of it."""
    if isinstance(one, MissingRows):
        return f"{one.first:>8}  missing  up to {one.last}"
    state = "erased" if one.is_erased else ""
    return f"{one.sequence:>8}  {state:7}  {_time(one.sent_at) or '-':29}  {one.sender or ''}: {one.body or ''}"


@click.command()
@click.argument("conversation")
@click.option("--around", type=_NUMBER, help="The messages around this number.")
@click.option("--before", type=_NUMBER, help="The last messages before this number.")
@click.option("--after", type=_NUMBER, help="The first messages after this number.")
@click.option("-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 2**31), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def history(
    conversation: str, *, around: int | None, before: int | None, after: int | None, limit: int, as_json: bool
) -> None:
    """Show any part of CONVERSATION, oldest first.

    The newest messages, or those around a number. They are read from Cassandra, so no process of the pipeline has to
    run. An erased message has no text. Numbers are missing if their rows were deleted, or are not written yet.
    """
    if sum(one is not None for one in (around, before, after)) > 1:
        raise click.UsageError("Give one of --around, --before and --after.", click.get_current_context())
    is_empty = True
    for one in read_history(Settings(), conversation, limit, around=around, before=before, after=after):
        is_empty = False
        if as_json:
            show_json_line(as_document(one))
        else:
            show_line(as_line(one))
    if is_empty and not as_json:
        show_line(f"no such messages of conversation {orjson.dumps(conversation).decode()}")


def _time(sent_at: datetime | None) -> str | None:
    return sent_at.isoformat(timespec="milliseconds") if sent_at else None
