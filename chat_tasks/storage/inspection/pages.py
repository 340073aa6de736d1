"""Reads any part of a conversation, a page of the driver at a time."""

from collections.abc import Iterator
from datetime import UTC

from cassandra.cluster import Session

from chat_tasks.conversation.buckets import bucket_of, first_sequence
from chat_tasks.conversation.newest import WantedMessages
from chat_tasks.conversation.pages import Page, StoredMessage, is_erased
from chat_tasks.storage.history import HistoryReader
from chat_tasks.storage.session import TUPLES

_ROWS_PER_PAGE = 200
_ANY_BYTES = 1


class PageReader:
    """Reads the rows of conversations for people.

    A command owns the reader and uses it in one thread. It keeps no state besides the session and the prepared
    statements. Invariant: at most a page of the driver's rows is in memory. All methods block, and raise the driver's
    exceptions.
    """

    def __init__(self, session: Session, keyspace: str, bucket_size: int) -> None:
        self._session = session
        self._bucket_size = bucket_size
        # A block holds its newest message, however large that is.
        self._history = HistoryReader(session, keyspace, bucket_size, _ANY_BYTES)
        self._rows = session.prepare(
            f"SELECT seq, sender, recipients, body, sent_at, writetime(body), log_id, log_offset "
            f"FROM {keyspace}.messages "
            "WHERE conversation_key = ? AND bucket = ? AND seq >= ? AND seq < ? ORDER BY seq ASC"
        )
        self._rows.fetch_size = _ROWS_PER_PAGE

    def newest(self, conversation_key: str) -> int | None:
        """The number of the newest row; None if the conversation has none."""
        [found] = self._history.newest([WantedMessages(conversation_key, 1, None)])
        if isinstance(found, Exception):
            raise found
        return found[0][2] if found else None

    def rows(self, conversation_key: str, page: Page) -> Iterator[StoredMessage]:
        """The rows with the page's numbers, in their order."""
        for bucket in range(bucket_of(page.first, self._bucket_size), bucket_of(page.end - 1, self._bucket_size) + 1):
            end = min(page.end, first_sequence(bucket + 1, self._bucket_size))
            values = conversation_key, bucket, page.first, end
            found = self._session.execute(self._rows, values, execution_profile=TUPLES)
            for sequence, sender, recipients, body, sent_at, written_at, log_id, log_offset in found:
                erased = is_erased(body, written_at, log_offset)
                # The driver gives a time in UTC without a time zone.
                at = None if sent_at is None else sent_at.replace(tzinfo=UTC)
                yield StoredMessage(sequence, sender, recipients, body, at, erased, log_id, log_offset)
