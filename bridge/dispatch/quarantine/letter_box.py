"""Finds the letters of one conversation among everything that `dead_letter` holds."""

from collections.abc import Callable

from msgspec.structs import replace

from bridge.dispatch.conversations.release import PAST_EVERY_OFFSET, FoundLetters, WantedLetters, portion_bounds
from bridge.kafka.dead_letter_reader import read_dead_letters
from bridge.records.log_record import LogRecord
from bridge.records.quarantine_letters import Letter, Receipt, read_letter
from chat_tasks.settings import Settings


class LetterBox:
    """Collects the oldest wanted letters, as many as there is room for.

    `find_letters` makes a box for one look through `dead_letter`, uses it in a thread of `BackgroundCalls`, and drops
    it when the letters are found. Letters and receipts may be taken in any order. Invariant: the box holds at most
    twice the room, and never a letter past one that was left out. Letters that a receipt calls published are left out
    at the end. No method raises.
    """

    def __init__(self, wanted: WantedLetters, most_records: int, most_bytes: int) -> None:
        self._wanted = wanted
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._kept: list[LogRecord] = []
        self._bytes = 0
        self._published = -1
        self._end = PAST_EVERY_OFFSET

    def take(self, found: Letter | Receipt) -> None:
        """Take a letter or receipt of any conversation; the order does not matter."""
        if found.conversation_key != self._wanted.conversation_key:
            return
        if isinstance(found, Letter):
            if self._wanted.after < found.record.offset < self._end:
                self._kept.append(found.record)
                self._bytes += len(found.record.value)
                if len(self._kept) > 2 * self._most_records or self._bytes > 2 * self._most_bytes:
                    self._cut()
        else:
            self._published = max(self._published, found.offset)

    def found(self) -> FoundLetters:
        """The wanted letters that are not published yet; called after everything was taken."""
        self._cut()
        last = self._kept[-1].offset if self._kept else self._wanted.after
        records = [replace(record, is_letter=True) for record in self._kept if record.offset > self._published]
        return FoundLetters(records, last, complete=self._end == PAST_EVERY_OFFSET)

    def _cut(self) -> None:
        # A record of the log that was taken again has another letter, which is the same.
        self._kept = [one for _, one in sorted({record.offset: record for record in self._kept}.items())]
        size = 0
        for index, record in enumerate(self._kept):
            size += len(record.value)
            if index and (index >= self._most_records or size > self._most_bytes):
                # From here on a later letter has no room either, however small it is: portions have no gaps.
                self._end = record.offset
                del self._kept[index:]
                size -= len(record.value)
                break
        self._bytes = size


def find_letters(settings: Settings, wanted: WantedLetters, is_wanted: Callable[[int], bool]) -> FoundLetters:
    """Look through all dead letters; blocks. Raises `DependencyUnavailable`.

    Now and then `is_wanted` is told how many dead letters were looked through since its last call. The result has no
    use once `is_wanted` returns False.
    """
    box = LetterBox(wanted, *portion_bounds(settings))
    for messages in read_dead_letters(settings):
        if not is_wanted(len(messages)):
            break
        for message in messages:
            if (letter := read_letter(settings, message)) is not None:
                box.take(letter)
    return box.found()
