"""The release of a quarantined conversation: its letters are published before any newer record of it.

An operator has mended the conversation's rows up to its last published message, and has requested the release. From
then on newer records of the conversation are held in memory. Its letters go through the workers under their original
offsets in the log, so they get the numbers that they would have had. A letter is published only when no Cassandra node
can forget its row any more. The log may have lost the letter's record long ago, so no replay would write the row again.
"""

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from bridge.dispatch.work import Finished
from bridge.records.log_record import LogRecord
from chat_tasks.settings import Settings

PAST_EVERY_OFFSET = 2**63


def portion_bounds(settings: Settings) -> tuple[int, int]:
    """The records, and the bytes, that a portion of letters may have: a quarter of what may be in flight."""
    return settings.records_in_flight // 4, settings.bytes_in_flight // 4


class WantedLetters(NamedTuple):
    """The letters of a conversation past the offset `after` of this log, for a request to release it."""

    conversation_key: str
    log_id: str
    release: int
    after: int


class FoundLetters(NamedTuple):
    """Letters in the log's order. `last` is the offset of the last one, or `after` of the request if none was found.

    `complete` says that no later letters exist.
    """

    records: list[LogRecord]
    last: int
    complete: bool


class ReleaseState(Enum):
    """The state of one portion of letters; after PUBLISHING comes LOADING again, or the release is over.

    - LOADING: letters are wanted from `dead_letter`.
    - WRITING: workers write the rows of the letters, once all replays of the conversation were delivered.
    - SETTLING: the rows are written, but a node that is killed now may forget some of them.
    - PUBLISHING: the letters are in the outbox or a transaction, and then published.
    """

    LOADING = auto()
    WRITING = auto()
    SETTLING = auto()
    PUBLISHING = auto()


@dataclass(slots=True)
class Release:
    """The release of one conversation.

    `AppendWork` owns the release, uses it in the loop's thread, and drops it when all letters are published, when the
    conversation is quarantined again, or with the assignment. The next assignment begins the release anew, from the
    receipts in `dead_letter`. Invariant: no letter is published before its whole portion is written and settled. No
    method raises.

    `request` is the time of the request, which names it. `held` are newer records, in order. Letters up to the offset
    `loaded` were taken; if `is_complete`, no later ones exist. `portion` are the records of the letters that are being
    written or settle. `written` is what to publish of those whose rows are acknowledged, and `written_at` when the last
    of them was, in seconds of a monotonic clock.

    Nothing of the conversation is published after its `first_letter` without a receipt, an offset that is known once
    `dead_letter` was looked through: so replays from before it are of published records, and later ones of letters.
    The portion `is_pending` until all of the former were delivered. `has_spilled` says that newer records became
    letters during a look, which may have missed them.
    """

    request: int
    state: ReleaseState = ReleaseState.LOADING
    held: list[LogRecord] = field(default_factory=list)
    loaded: int = -1
    is_complete: bool = False
    written: list[Finished] = field(default_factory=list)
    written_at: float = 0.0
    portion: list[LogRecord] = field(default_factory=list)
    is_pending: bool = False
    first_letter: int | None = None
    has_spilled: bool = False

    def take(self, found: FoundLetters) -> None:
        """A portion of letters is there."""
        self.state = ReleaseState.WRITING if found.records else ReleaseState.PUBLISHING
        self.loaded = found.last
        self.is_complete, self.has_spilled = found.complete and not self.has_spilled, False
        self.portion, self.is_pending = found.records, bool(found.records)
        if self.first_letter is None and (found.records or found.complete):
            self.first_letter = found.records[0].offset if found.records else PAST_EVERY_OFFSET

    def spill(self, partition: int) -> list[LogRecord]:
        """The held records of a partition that are to become letters, which a later look at `dead_letter` finds.

        None once the last look is over: the release may be ending.
        """
        if self.state is ReleaseState.PUBLISHING and self.is_complete:
            return []
        spilled = [record for record in self.held if record.partition == partition and not record.replay]
        if spilled:
            self.is_complete, self.has_spilled = False, self.state is ReleaseState.LOADING
            self.held = [record for record in self.held if record.replay]
        return spilled

    def letters_written(self, finished: Finished, now: float) -> None:
        """The rows of these letters are acknowledged."""
        self.written.append(finished)
        if sum(len(one.offsets) for one in self.written) == len(self.portion):
            self.state, self.written_at = ReleaseState.SETTLING, now

    def settled(self, before: float) -> list[Finished]:
        """The letters to publish; none if a node can still forget their rows.

        Rows that were acknowledged before the time `before` are safe.
        """
        if self.state is not ReleaseState.SETTLING or self.written_at > before:
            return []
        self.state = ReleaseState.PUBLISHING
        letters, self.written, self.portion = self.written, [], []
        return letters
