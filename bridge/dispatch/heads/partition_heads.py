"""The known heads of one partition of the log: the newest numbers of its conversations."""

from bridge.dispatch.heads.head_cache import HeadCache


class PartitionHeads:
    """The heads of what was written for publishing, and during a replay also how far the replay has come.

    `AssignmentState` owns the heads and uses them in the loop's thread. At its end they go to the next assignment by
    `ProcessState`, or are dropped. Invariant: a head that is known is not lost during a replay. New records of such a
    conversation do not wait for its replays, and a head read from Cassandra meanwhile might come from a row below one
    that is still to be replayed. No method raises.
    """

    def __init__(self, capacity: int) -> None:
        self._published = HeadCache(capacity)
        self._replayed: dict[str, int] = {}

    def begin(self, *, replay: bool) -> None:
        """Begin an assignment, with a replay or without."""
        self._replayed.clear()
        self._published.is_bounded = not replay

    def replay_ended(self) -> None:
        """Turn the ends of replays into heads of conversations that have no newer head: every replay is written."""
        for key, head in self._replayed.items():
            if self._published.get(key) is None:
                self._published.put(key, head)
        self.begin(replay=False)

    def has_head(self, conversation_key: str) -> bool:
        """Whether the conversation's newest number is known."""
        return self._published.get(conversation_key) is not None

    def head_for(self, conversation_key: str, *, replay: bool) -> int | None:
        """The number before a batch, or None if a worker must read it.

        `replay` says whether the batch begins with a replay.
        """
        head = None if replay else self._published.get(conversation_key)
        return self._replayed.get(conversation_key) if head is None and self._replayed else head

    def written(self, conversation_key: str, head: int, *, replay: bool) -> None:
        """Take note that a batch is acknowledged up to the number `head`.

        `replay` says whether the batch's last record is a replay.
        """
        if replay:
            self._replayed[conversation_key] = head
        else:
            self._published.put(conversation_key, head)

    def take_back(self, conversation_key: str, numbers: int) -> None:
        """Take back this many of the newest numbers: they were written and not published, and will be given again."""
        head = self._published.get(conversation_key)
        if head is not None:
            self._published.put(conversation_key, head - numbers)

    def forget(self, conversation_key: str) -> None:
        """Forget the conversation's head: a worker must read it for the next batch."""
        self._published.forget(conversation_key)
        self._replayed.pop(conversation_key, None)
