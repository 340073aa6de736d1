"""The JSON of a conversation's page."""

from typing import Literal

from pydantic import BaseModel

from bridge.picture.sight import Sight
from chat_tasks.conversation.pages import MissingRows, StoredMessage
from chat_tasks.conversation.routing import partition_of, queue_name, queue_of
from chat_tasks.settings import Settings
from console.conversation.standing import Standing


class MessageView(BaseModel):
    """A message. One that was erased has no body; `missing` are numbers, from `number` to `last`, without a row.

    `log_offset` is that of its record in the conversation's partition of the log.
    """

    state: Literal["stored", "erased", "missing"]
    number: int
    last: int
    sender: str = ""
    recipients: list[str] = []
    body: str = ""
    sent_at: str | None = None
    log_offset: int | None = None


class ConversationView(BaseModel):
    """A conversation: where it is kept, who works for it, and how it stands.

    `newest` is None if it has no row. `unfinished` are messages of it that are not published yet, None if no dispatch
    tells it. While it `waits`, `retry` is the number of the next attempt, and `reason` why the last one failed.
    """

    key: str
    newest: int | None = None
    log_partition: int
    queue: str
    owner: str | None
    state: Literal["unknown", "flows", "waits", "quarantined", "releasing"]
    reason: str
    retry: int
    unfinished: int | None


def message_view(one: StoredMessage | MissingRows) -> MessageView:
    """A row as JSON."""
    if isinstance(one, MissingRows):
        return MessageView(state="missing", number=one.first, last=one.last)
    return MessageView(
        state="erased" if one.is_erased else "stored",
        number=one.sequence,
        last=one.sequence,
        sender=one.sender or "",
        recipients=one.recipients or [],
        body=one.body or "",
        sent_at=None if one.sent_at is None else one.sent_at.isoformat(timespec="milliseconds"),
        log_offset=one.log_offset,
    )


def conversation_view(
    settings: Settings, sight: Sight, key: str, owner: str | None, standing: Standing | None
) -> ConversationView:
    """What is known of a conversation but its newest number; `standing` is what its owner says, if anything."""
    quarantined = () if sight.rows.value is None else sight.rows.value.quarantined
    row = next((one for one in quarantined if one.conversation_key == key), None)
    state: Literal["unknown", "flows", "waits", "quarantined", "releasing"]
    if row is not None:
        state, reason = "quarantined" if row.release_requested is None else "releasing", row.reason
    elif standing is not None:
        state, reason = standing.state, standing.reason
    else:
        state, reason = "unknown", ""
    return ConversationView(
        key=key,
        log_partition=partition_of(key.encode(), settings.log_partitions),
        queue=queue_name(settings.redis_prefix, queue_of(key.encode(), settings.queues)),
        owner=owner,
        state=state,
        reason=reason,
        retry=0 if standing is None else standing.retry,
        unfinished=None if standing is None else standing.records,
    )
