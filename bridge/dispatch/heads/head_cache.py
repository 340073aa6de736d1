"""The last sequence number of recent conversations, so that a warm one needs no read before its write.

Bounded by two generations, an approximation of least-recently-used that needs no order to be kept: when the young one
is half the capacity it becomes the old one, and what is used in the old one moves to the young one.
"""


class HeadCache:
    """Holds at most `capacity` conversations while it is bounded, and at least the half of it used last.

    While `is_bounded` is false, nothing is dropped.
    """

    def __init__(self, capacity: int) -> None:
        self._half = max(1, capacity // 2)
        self._young: dict[str, int] = {}
        self._old: dict[str, int] = {}
        self.is_bounded = True

    def get(self, conversation_key: str) -> int | None:
        """The head, None where it is not known."""
        head = self._young.get(conversation_key)
        if head is None:
            head = self._old.get(conversation_key)
            if head is not None:
                self.put(conversation_key, head)
        return head

    def put(self, conversation_key: str, head: int) -> None:
        """The conversation's newest acknowledged number."""
        if len(self._young) >= self._half and self.is_bounded and conversation_key not in self._young:
            self._old, self._young = self._young, {}
        self._young[conversation_key] = head

    def forget(self, conversation_key: str) -> None:
        """The next task has to read it."""
        self._young.pop(conversation_key, None)
        self._old.pop(conversation_key, None)
