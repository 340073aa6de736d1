"""Records of the log and the rows that they become.

They are structs of msgspec, because each message needs one of each. A struct is made in a quarter of the time of a
named tuple, read straight from JSON, and left out of the search for reference cycles, of which it is never part.
"""

from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec

# A value that Kafka gives as an offset or a time, and that Cassandra takes.
Integer64 = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Text(msgspec.Struct, frozen=True, gc=False):
    """The part of a message that its row needs, without the conversation's key."""

    sender: str
    recipients: list[str]
    body: str


class TaskRecord(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """One message as `conversation_log` holds it; `sent_at` is the record's own time in milliseconds since 1970."""

    offset: Integer64
    sent_at: Integer64
    text: Text


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row of `messages`, in the order of the INSERT's bind markers."""

    conversation_key: str
    bucket: int
    sequence: int
    sender: str
    recipients: list[str]
    body: str
    log_id: UUID
    log_offset: int
    sent_at: int
    write_timestamp: int


class StoredRow(NamedTuple):
    """A row that Cassandra holds. A text that was deleted is None. The write timestamps are in microseconds."""

    sequence: int
    log_id: UUID
    log_offset: int
    sender: str | None
    recipients: list[str] | None
    body: str | None
    sender_written: int | None
    recipients_written: int | None
    body_written: int | None


# The head of a conversation without rows: its first number is 0.
NO_HEAD = -1

# One message of a block: (sender, body, sequence number).
Chatter = tuple[str, str, int]
