"""A quarantined conversation on its way back: its dead letters are replayed before anything newer of it.

Somebody has mended its rows up to the last message that was published, and has asked for the release. From then on
newer records of the conversation are held in memory. Its letters go through the workers under their own offsets in the
log, so their numbers are what they would have been. They are published only when no Cassandra node can forget their
rows any more: the log may have lost these records long ago, so no replay would write the rows again.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from bridge.dispatch.work import Finished
from bridge.records.log_record import LogRecord


class WantedLetters(NamedTuple):
    """The letters of a conversation past the offset `after`, for a request to release it."""

    conversation_key: str
    release: int
    after: int


class FoundLetters(NamedTuple):
    """In order; `last` is the offset of the last one, or what was asked for if there is none."""

    records: list[LogRecord]
    last: int
    complete: bool


class ReleaseState(Enum):
    """The way of one portion of letters; after PUBLISHING comes LOADING again, or the release is over.

    - LOADING: letters are wanted from `dead_letter`.
    - WRITING: workers write the rows of the letters.
    - SETTLING: a node that is killed now may forget some of these rows.
    - PUBLISHING: the letters are in the outbox, and then published.
    """

    LOADING = auto()
    WRITING = auto()
    SETTLING = auto()
    PUBLISHING = auto()


@dataclass(slots=True)
class Release:
    """The release of one conversation. Owned by `AppendWork` in the loop's thread, and dropped with the assignment.

    The next assignment begins the release anew: the receipts of what is published are in `dead_letter`.

    `request` is the time of the request, which names it. `held` are newer records, in order. Letters up to the offset
    `loaded` were taken; if `is_complete` there are no later ones. `written` are the letters of this portion whose rows
    are acknowledged, the last of them at `written_at`, in seconds of a monotonic clock.
    """

    request: int
    state: ReleaseState = ReleaseState.LOADING
    held: list[LogRecord] = field(default_factory=list)
    loaded: int = -1
    is_complete: bool = False
    written: list[Finished] = field(default_factory=list)
    written_at: float = 0.0
    _unwritten: int = 0

    def take(self, letters: int, last: int, *, is_complete: bool) -> None:
        """A portion of that many letters begins to be written, up to the offset `last`."""
        self.state = ReleaseState.WRITING if letters else ReleaseState.PUBLISHING
        self.loaded, self.is_complete, self._unwritten = last, is_complete, letters

    def letters_written(self, finished: Finished, now: float) -> None:
        """The rows of these letters are acknowledged."""
        self.written.append(finished)
        self._unwritten -= len(finished.offsets)
        if not self._unwritten:
            self.state, self.written_at = ReleaseState.SETTLING, now

    def settled(self, before: float) -> list[Finished]:
        """The letters to publish, if no node can forget what was acknowledged before that time; else none."""
        if self.state is not ReleaseState.SETTLING or self.written_at > before:
            return []
        self.state = ReleaseState.PUBLISHING
        letters, self.written = self.written, []
        return letters
