"""What one look through `dead_letter` shows of the letters that match a filter."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from bridge.letters.dead_letter import DeadLetter
from bridge.letters.documents import summary
from bridge.letters.selection import Selection
from bridge.letters.states import LetterState
from bridge.records.dead_letter_counts import stage_and_reason

_FOREIGN = ("", "another program")


class Kind(NamedTuple):
    """A stage and a reason, as the metric `chat_tasks_dead_letters_total` has them."""

    stage: str
    reason: str


class Look(NamedTuple):
    """What was found.

    `figures` count the letters that match, in any state. `listed` are the newest of those in the wanted state, newest
    first, each as `bridge.letters.documents.summary` has it and with its size in bytes; `total` is how many there are.
    `held` are the waiting letters of each quarantined conversation.
    """

    figures: Mapping[tuple[Kind, LetterState], int]
    listed: Sequence[Mapping[str, Any]]
    total: int
    held: Mapping[str, int]


class Gathering:
    """Gathers a look, letter by letter.

    `Looks` makes one for each look, and uses it in one thread. Invariant: at most `most` letters are in memory, without
    their values. No method raises.
    """

    def __init__(self, wanted: Selection, most: int) -> None:
        self._any_state = replace(wanted, state=None)
        self._state = wanted.state
        self._most = most
        self._figures: Counter[tuple[Kind, LetterState]] = Counter()
        self._newest: list[tuple[int, int, int, Mapping[str, Any]]] = []
        self._total = 0
        self._held: dict[str, set[int]] = defaultdict(set)

    @property
    def wanted(self) -> Selection:
        """The letters to take: those that match, in any state."""
        return self._any_state

    def take(self, letter: DeadLetter, state: LetterState) -> None:
        """Take a letter that matches."""
        labels = stage_and_reason(letter.context) if letter.context is not None else None
        self._figures[Kind(*(labels or _FOREIGN)), state] += 1
        if letter.quarantined is not None and state is LetterState.WAITING:
            # A record of the log that was taken again has another letter, which is the same.
            self._held[letter.quarantined.conversation_key].add(letter.quarantined.record.offset)
        if self._state is not None and state is not self._state:
            return
        self._total += 1
        document = {**summary(letter, state), "bytes": len(letter.value or b"")}
        # The id is unique, so documents are never compared.
        entry = (letter.written_at, *letter.id, document)
        if len(self._newest) < self._most:
            heapq.heappush(self._newest, entry)
        else:
            heapq.heappushpop(self._newest, entry)

    def look(self) -> Look:
        """What was gathered."""
        newest = [document for *_, document in sorted(self._newest, key=lambda one: one[:3], reverse=True)]
        held = {key: len(offsets) for key, offsets in self._held.items()}
        return Look(dict(self._figures), newest, self._total, held)
