"""Which dead letters are wanted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bridge.kafka.reading.dead_letter_reader import read_dead_letters
from bridge.letters.dead_letter import DeadLetter, read_dead_letter
from bridge.letters.states import LetterState, LetterStates
from bridge.records.replay_receipts import LetterId
from chat_tasks.settings import Settings


@dataclass(frozen=True, slots=True)
class Selection:
    """The letters for which all of this holds; what is None or empty holds for every letter.

    `reason` is a part of the reason, or the name of the error, in any case of letters. `since` and `until` bound the
    time at which the letter was written, in milliseconds since 1970; `until` itself is out.
    `conversation` is the conversation's key as the letter's value has it, or else the record's own key.
    """

    ids: frozenset[LetterId] = frozenset()
    state: LetterState | None = None
    stage: str | None = None
    reason: str | None = None
    since: int | None = None
    until: int | None = None
    conversation: str | None = None

    def has(self, letter: DeadLetter, state: LetterState) -> bool:
        """Whether the letter, which is in this state, is wanted."""
        return (
            (not self.ids or letter.id in self.ids)
            and (self.state is None or state is self.state)
            and (self.stage is None or letter.stage == self.stage)
            and (self.since is None or letter.written_at >= self.since)
            and (self.until is None or letter.written_at < self.until)
            and (self.reason is None or self._has_reason(letter))
            and (self.conversation is None or self.conversation in _keys_of(letter))
        )

    def _has_reason(self, letter: DeadLetter) -> bool:
        wanted, error = (self.reason or "").casefold(), letter.context.error if letter.context else ""
        return wanted in letter.reason.casefold() or wanted == error.casefold()


class Selected(NamedTuple):
    """A wanted letter and its state."""

    letter: DeadLetter
    state: LetterState


def select(
    settings: Settings, states: LetterStates, wanted: Selection, looked: Callable[[int], None] = lambda _: None
) -> Iterator[Selected]:
    """The wanted letters that are in `dead_letter` now, those of a partition in order; blocks.

    `looked` is told now and then how many records were looked through since its last call.
    Raises `DependencyUnavailable`.
    """
    for messages in read_dead_letters(settings):
        for message in messages:
            letter = read_dead_letter(settings, message)
            if isinstance(letter, DeadLetter) and wanted.has(letter, state := states.of(letter)):
                yield Selected(letter, state)
        looked(len(messages))


def _keys_of(letter: DeadLetter) -> set[str | None]:
    return {letter.conversation_key, (letter.key or b"").decode(errors="replace")} - {None}
