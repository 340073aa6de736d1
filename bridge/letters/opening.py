"""Opens one dead letter: reads its partition from it on, and no other."""

from typing import NamedTuple

from bridge.kafka.reading.dead_letter_reader import read_partition
from bridge.letters.dead_letter import DeadLetter, read_dead_letter
from bridge.letters.states import LetterState, LetterStates
from bridge.records.replay_receipts import LetterId
from chat_tasks.errors import NotReplayed
from chat_tasks.settings import Settings


class ReplayReceipt(NamedTuple):
    """The receipt of a letter that was sent again: where it is, and when it was written, in milliseconds since 1970."""

    id: LetterId
    written_at: int


class OpenedLetter(NamedTuple):
    """A letter, its state, and the receipt if it was sent again."""

    letter: DeadLetter
    state: LetterState
    receipt: ReplayReceipt | None


def open_letter(settings: Settings, states: LetterStates, wanted: LetterId) -> OpenedLetter:
    """The letter with this id; blocks.

    Raises `NotReplayed` if there is none, and `DependencyUnavailable`.
    """
    letter: DeadLetter | None = None
    for messages in read_partition(settings, settings.dead_letter_topic, *wanted):
        for message in messages:
            found = read_dead_letter(settings, message)
            if letter is None:
                if not isinstance(found, DeadLetter) or found.id != wanted:
                    raise _missing(settings, wanted)
                letter = found
            elif found == wanted and isinstance(found, LetterId):
                _, written_at = message.timestamp()
                receipt = ReplayReceipt(LetterId(message.partition(), message.offset()), written_at)
                return OpenedLetter(letter, LetterState.REPLAYED, receipt)
            if (state := states.of(letter)) is not LetterState.REPLAYED:
                return OpenedLetter(letter, state, None)
    if letter is None:
        raise _missing(settings, wanted)
    return OpenedLetter(letter, states.of(letter), None)


def _missing(settings: Settings, wanted: LetterId) -> NotReplayed:
    return NotReplayed(f"{wanted} is no letter in {settings.dead_letter_topic}")
