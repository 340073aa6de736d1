"""What the log says, and what becomes of it."""

from typing import NamedTuple
from uuid import UUID


class LogRecord(NamedTuple):
    """One message as `conversation_log` holds it; `sent_at` is the record's own time in milliseconds since 1970."""

    offset: int
    sent_at: int
    sender: str
    recipients: list[str]
    body: str


class Row(NamedTuple):
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
    """What Cassandra holds at a number; `write_timestamp` is that of `body`, in microseconds."""

    sequence: int
    log_id: UUID
    log_offset: int
    sender: str
    recipients: list[str]
    body: str
    write_timestamp: int


NO_HEAD = -1
"""The head of a conversation without rows: the first number is 0."""
