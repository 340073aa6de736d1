"""A bounded cache of heads: a conversation whose head is in the cache needs no read before its write.

Two generations of entries bound the cache. They approximate least-recently-used without keeping an order: when the
young generation has half of the capacity it becomes the old one, and an entry that is used in the old generation moves
to the young one.
"""


class HeadCache:
    """The heads of the conversations that were used last.

    `PartitionHeads` owns the cache, uses it in the loop's thread, and drops it with itself. Invariant: while the cache
    is bounded it holds at most `capacity` conversations, and at least the half of `capacity` that was used last. While
    `is_bounded` is false nothing is dropped. No method raises.
    """

    def __init__(self, capacity: int) -> None:
        self._half = max(1, capacity // 2)
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}
        self.is_bounded = True

    def get(self, conversation_key: str) -> int | None:
        """The conversation's head, or None if it is not known."""
        head = self._young.get(conversation_key)
        if head is None:
            head = self._old.get(conversation_key)
            if head is not None:
                self.put(conversation_key, head)
        return head

    def put(self, conversation_key: str, head: int) -> None:
        """Remember the conversation's newest acknowledged number."""
        if len(self._young) >= self._half and self.is_bounded and conversation_key not in self._young:
            self._old, self._young = self._young, {}
        self._young[conversation_key] = head

    def forget(self, conversation_key: str) -> None:
        """Forget the head: the next task has to read it."""
        self._young.pop(conversation_key, None)
        self._old.pop(conversation_key, None)
