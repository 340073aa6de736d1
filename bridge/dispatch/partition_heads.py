"""What is known of the heads of one partition of the log: of its conversations' newest numbers."""

import logging

from bridge.dispatch.head_cache import HeadCache
from bridge.dispatch.known_conversations import KnownConversations
from chat_tasks.records import NO_HEAD

logger = logging.getLogger(__name__)


class PartitionHeads:
    """The heads of what was published, and while a replay is under way also how far that has come.

    Of a conversation whose published head is known, new records need not wait for what is written again of it. That
    head must not be lost then: one read from Cassandra might be of a row that nobody has written again yet.
    """

    def __init__(self, capacity: int, known: KnownConversations | None = None) -> None:
        """Without `known`, the conversations there have been, every head that was not written here has to be read."""
        self.known = known
        self._published = HeadCache(capacity)
        self._replayed: dict[str, int] = {}

    def begin(self, *, replay: bool) -> None:
        """An assignment begins, with a replay or without."""
        self._replayed.clear()
        self._published.is_bounded = not replay

    def know_from(self, low: int) -> None:
        """An assignment begins, and the log with this offset, or with what is committed where that is smaller.

        Where records are gone by which conversations would have become known, none is known from now on.
        """
        if self.known is None:
            return
        if self.known.offset < low:
            logger.warning(
                "all heads are read: the log begins at %d, conversations are known up to %d", low, self.known.offset
            )
            self.known = None
        else:
            self.known.save_all_again()

    def start(self, committed: int) -> int:
        """Where to begin to read a log that is committed up to there."""
        return committed if self.known is None else min(committed, self.known.offset)

    def replay_ended(self) -> None:
        """Everything is written again: how far the replay came is, where nothing newer is known, the head."""
        for key, head in self._replayed.items():
            if self._published.get(key) is None:
                self._published.put(key, head)
        self.begin(replay=False)

    def meet(self, conversation_key: str) -> bool:
        """A record of it was delivered; whether it is certainly the conversation's first."""
        # Of whom a head is known a record was delivered before.
        if self.known is None or self._published.get(conversation_key) is not None:
            return False
        return self.known.add(conversation_key.encode())

    def meet_again(self, conversation_key: bytes | None) -> None:
        """A record was delivered that was finished before. One without a key was passed over, by hand."""
        if self.known is not None and conversation_key is not None:
            self.known.add(conversation_key)

    def begins(self, conversation_key: str) -> None:
        """It has no rows yet."""
        self._published.put(conversation_key, NO_HEAD)

    def knows(self, conversation_key: str) -> bool:
        """Whether the newest published number is known."""
        return self._published.get(conversation_key) is not None

    def before(self, conversation_key: str, *, replay: bool) -> int | None:
        """The head that a batch follows which begins with a replay or not; None where it has to be read."""
        head = None if replay else self._published.get(conversation_key)
        return self._replayed.get(conversation_key) if head is None and self._replayed else head

    def written(self, conversation_key: str, head: int, *, replay: bool) -> None:
        """A batch was acknowledged up to this number; `replay` tells what its last record is."""
        if replay:
            self._replayed[conversation_key] = head
        else:
            self._published.put(conversation_key, head)

    def take_back(self, conversation_key: str, numbers: int) -> None:
        """So many of the newest, written but not published, are going to be given again."""
        head = self._published.get(conversation_key)
        if head is not None:
            self._published.put(conversation_key, head - numbers)

    def forget(self, conversation_key: str) -> None:
        """The next batch's head has to be read."""
        self._published.forget(conversation_key)
        self._replayed.pop(conversation_key, None)
