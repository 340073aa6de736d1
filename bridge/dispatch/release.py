"""A quarantined conversation on its way back: its dead letters are replayed before anything newer of it.

Somebody has mended its rows up to the last message that was published, and asked for it. From then on its newer records
are held. The letters go through the workers under their own offsets, so the numbers come out as if they had never been
kept aside. Every assignment begins a release anew: letters that were published before are written again, because a
Cassandra node may have forgotten their rows, and the log no longer has them all. That is also why the row in the table
of quarantined conversations outlives the release by the replay window.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.dispatch.log_record import LogRecord


@dataclass(slots=True)
class Release:
    """One conversation's, during one assignment."""

    request: int
    held: list[LogRecord] = field(default_factory=list)
    """Newer records, in order."""
    loaded: int = -1
    """Letters up to this offset were taken."""
    complete: bool = False
    """There are no later ones."""
    unwritten: int = 0
    """Letters that were taken and are not written."""
    ended_at: float | None = None
    """When everything was published; newer records are held no more. Seconds of a monotonic clock."""
    is_known: bool = False
    """The table says that it has ended."""

    @property
    def holds(self) -> bool:
        """Whether newer records have to wait."""
        return self.ended_at is None


class Releases(dict[str, Release]):
    """Those of one assignment, by conversation."""

    @classmethod
    def of(cls, requests: Mapping[str, int]) -> "Releases":
        """Begun by these requests."""
        return cls({key: Release(request) for key, request in requests.items()})

    def ended(self) -> dict[str, int]:
        """Those that have ended and are not known to have, each with its request."""
        return {key: one.request for key, one in self.items() if one.ended_at is not None and not one.is_known}

    def known(self, conversation_key: str, request: int) -> None:
        """The table says that it has ended."""
        if self._is_of(conversation_key, request):
            self[conversation_key].is_known = True

    def forget(self, conversation_key: str, request: int) -> None:
        """The table says nothing of it any more."""
        if self._is_of(conversation_key, request):
            del self[conversation_key]

    def forgettable(self, before: float) -> dict[str, int]:
        """Those whose rows are safe, given the time before which commits are."""
        return {
            key: one.request
            for key, one in self.items()
            if one.is_known and one.ended_at is not None and one.ended_at <= before
        }

    def _is_of(self, conversation_key: str, request: int) -> bool:
        release = self.get(conversation_key)
        return release is not None and release.request == request
