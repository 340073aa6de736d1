"""The releases that this console has requested, so that their progress can be told."""

import threading
from typing import NamedTuple

_REMEMBERED = 100


class Release(NamedTuple):
    """A request of this console: when, in seconds since 1970, and how many letters were held then, if that was known.

    `by` is the role of whoever asked.
    """

    at: float
    held: int | None
    by: str


class Releases:
    """The newest request for each conversation.

    The watch owns it; it may be used in any thread. What is remembered is for people only: the request itself is in
    Cassandra. Invariant: the newest hundred are remembered.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._releases: dict[str, Release] = {}

    def note(self, conversation_key: str, release: Release) -> None:
        """Take note of a request."""
        with self._lock:
            self._releases.pop(conversation_key, None)
            self._releases[conversation_key] = release
            while len(self._releases) > _REMEMBERED:
                del self._releases[next(iter(self._releases))]

    def of(self, conversation_key: str) -> Release | None:
        """The newest request to release this conversation, or None."""
        with self._lock:
            return self._releases.get(conversation_key)
