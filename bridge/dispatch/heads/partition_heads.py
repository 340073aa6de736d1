"""What is known of the heads of one partition of the log: of its conversations' newest numbers."""

from bridge.dispatch.heads.head_cache import HeadCache


class PartitionHeads:
    """The heads of what was published, and while a replay is under way also how far that has come.

    Of a conversation whose published head is known, new records need not wait for what is written again of it. That
    head must not be lost then: one read from Cassandra might be of a row that nobody has written again yet.
    """

    def __init__(self, capacity: int) -> None:
        self._published = HeadCache(capacity)
        self._replayed: dict[str, int] = {}

    def begin(self, *, replay: bool) -> None:
        """An assignment begins, with a replay or without."""
        self._replayed.clear()
        self._published.is_bounded = not replay

    def replay_ended(self) -> None:
        """Everything is written again: how far the replay came is, where nothing newer is known, the head."""
        for key, head in self._replayed.items():
            if self._published.get(key) is None:
                self._published.put(key, head)
        self.begin(replay=False)

    def has_head(self, conversation_key: str) -> bool:
        """Whether the newest published number is known."""
        return self._published.get(conversation_key) is not None

    def head_for(self, conversation_key: str, *, replay: bool) -> int | None:
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
