"""A page of a conversation: which numbers to show, and which of them have no row."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class StoredMessage(NamedTuple):
    """A row for people. Columns that were deleted are None.

    `is_erased` says that the text was blanked or deleted after it was written: an empty text can also have been sent.
    `log_id` and `log_offset` say from which record of the log the row was written, if it was read for that.
    """

    sequence: int
    sender: str | None
    recipients: list[str] | None
    body: str | None
    sent_at: datetime | None
    is_erased: bool
    log_id: UUID | None = None
    log_offset: int | None = None


class MissingRows(NamedTuple):
    """The numbers from `first` to `last` have no row: deleted, or not written yet while a higher number is."""

    first: int
    last: int


class Page(NamedTuple):
    """The numbers from `first` to before `end`."""

    first: int
    end: int


def page_of(newest: int, limit: int, *, around: int | None, before: int | None, after: int | None) -> Page:
    """The numbers to show of a conversation with this newest number, `limit` at most.

    At most one of the others is given; the page is the newest one if none is.
    """
    if after is not None:
        return Page(after + 1, min(after + 1 + limit, newest + 1))
    if around is not None:
        first = max(0, around - limit // 2)
        return Page(first, min(first + limit, newest + 1))
    end = newest + 1 if before is None else min(before, newest + 1)
    return Page(max(0, end - limit), end)


def with_missing(rows: Iterable[StoredMessage], page: Page) -> Iterator[StoredMessage | MissingRows]:
    """The rows of the page, which are in the order of their numbers, and what is missing between them."""
    expected = page.first
    for row in rows:
        if row.sequence > expected:
            yield MissingRows(expected, row.sequence - 1)
        yield row
        expected = row.sequence + 1
    if expected < page.end:
        yield MissingRows(expected, page.end - 1)


def is_erased(body: str | None, written_at: int | None, log_offset: int | None) -> bool:
    """Whether the text was blanked or deleted; `written_at` is its write timestamp in microseconds.

    The pipeline writes a row with the timestamp 1 + its offset in the log; every erasure has another one.
    """
    return not body and (written_at is None or log_offset is None or written_at != 1 + log_offset)
