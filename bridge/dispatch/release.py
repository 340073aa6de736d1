"""A quarantined conversation on its way back: its dead letters are replayed before anything newer of it.

Somebody has mended its rows up to the last message that was published, and asked for it. From then on its newer records
are held. The letters go through the workers under their own offsets, so the numbers come out as if they had never been
kept aside. Every assignment begins a release anew: letters that were published before are written again, because a
Cassandra node may have forgotten their rows, and the log no longer has them all. That is also why the row in the table
of quarantined conversations outlives the release by the replay window.
"""

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
