"""Which conversations one partition of the log has had: of a new one nobody has to read the head.

A pure function of the log: every record's conversation is added, in the log's order, whatever becomes of the record. So
whoever has the set of all records before an offset and reads the log from there comes to what its predecessor had; and
where both save what they have, the later offset's is the larger set.
"""

import logging
from collections.abc import Mapping
from typing import NamedTuple

from bridge.dispatch.growing_filter import GrowingFilter
from chat_tasks.storage.known_conversations import StoredConversations

logger = logging.getLogger(__name__)


class Unsaved(NamedTuple):
    """What is to be saved of one partition of the log; up to `committed` that was committed then, under `digest`."""

    conversations: StoredConversations
    committed: int
    digest: str


class KnownConversations:
    """Those of all records before `offset`, and perhaps some more.

    Nothing rests on how far that is beyond what is committed: what is not is delivered again, and met again.
    """

    def __init__(self, stored: StoredConversations) -> None:
        """Raises `ValueError` where what is stored is not what was saved."""
        self._filter = GrowingFilter(stored.segments, stored.keys)
        self.offset = stored.offset
        self._saved_keys = stored.keys
        self._saved: tuple[int, int, str] | None = None

    def save_all_again(self) -> None:
        """Cassandra may have forgotten what was saved."""
        self._saved_keys = 0
        self._saved = None

    def add(self, conversation_key: bytes) -> bool:
        """A record of it was delivered; whether no earlier one can have been there."""
        return self._filter.add(conversation_key)

    def delivered(self, offset: int) -> None:
        """Every record before it was added, if those before `self.offset` were."""
        self.offset = max(self.offset, offset)

    def unsaved(self, committed: int, digest: str) -> Unsaved | None:
        """What to save now that this offset is committed, under this digest; None where that is saved already."""
        if self._saved == (self.offset, committed, digest):
            return None
        segments = self._filter.segments_since(self._saved_keys)
        return Unsaved(StoredConversations(self.offset, self._filter.keys, segments), committed, digest)

    def saved(self, unsaved: Unsaved) -> None:
        """It is."""
        self._saved_keys = unsaved.conversations.keys
        self._saved = (unsaved.conversations.offset, unsaved.committed, unsaved.digest)


def known_of(stored: Mapping[int, StoredConversations]) -> dict[int, KnownConversations]:
    """By partition; of one whose segments a Cassandra node has forgotten none is known."""
    known: dict[int, KnownConversations] = {}
    for number, conversations in stored.items():
        try:
            known[number] = KnownConversations(conversations)
        except ValueError as error:
            logger.error("the heads of partition %d are all read: what was saved of it: %s", number, error)  # noqa: TRY400
    return known
