"""Finds the letters of one conversation among everything that `dead_letter` holds."""

import logging
from collections.abc import Callable

from msgspec.structs import replace

from bridge.dispatch.conversations.release import PAST_EVERY_OFFSET, FoundLetters, WantedLetters, portion_bounds
from bridge.kafka.reading.dead_letter_reader import read_dead_letters
from bridge.records.quarantine_letters import Letter, Receipt, Receipts, read_letter
from chat_tasks.log.shown_key import shown_key
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)


class LetterBox:
    """Collects the oldest wanted letters, as many as there is room for.

    `find_letters` makes a box for one look through `dead_letter`, uses it in a thread of `BackgroundCalls`, and drops
    it when the letters are found. Letters and receipts may be taken in any order. Invariant: the box holds at most
    twice the room, and never a letter past one that was left out. Letters that a receipt calls published are left out
    at the end. Letters of another log are counted only, because their offsets mean nothing in this one. No method
    raises.
    """

    def __init__(self, wanted: WantedLetters, most_records: int, most_bytes: int) -> None:
        self._wanted = wanted
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._kept: list[Letter] = []
        self._bytes = 0
        self._receipts = Receipts(wanted.log_id)
        self._of_other_logs: set[tuple[str, int]] = set()
        self._end = PAST_EVERY_OFFSET

    def take(self, found: Letter | Receipt) -> None:
        """Take a letter or receipt of any conversation; the order does not matter."""
        if found.conversation_key != self._wanted.conversation_key:
            return
        if isinstance(found, Receipt):
            self._receipts.take(found)
        elif found.log_id is not None and found.log_id != self._wanted.log_id:
            self._of_other_logs.add((found.log_id, found.record.offset))
        elif self._wanted.after < found.record.offset < self._end:
            self._kept.append(found)
            self._bytes += len(found.record.value)
            if len(self._kept) > 2 * self._most_records or self._bytes > 2 * self._most_bytes:
                self._cut()

    def found(self) -> FoundLetters:
        """The wanted letters that are not published yet; called after everything was taken."""
        self._cut()
        last = self._kept[-1].record.offset if self._kept else self._wanted.after
        records = [
            replace(record, is_letter=True)
            for _, record, log_id in self._kept
            if not self._receipts.cover(log_id, record.offset)
        ]
        return FoundLetters(records, last, complete=self._end == PAST_EVERY_OFFSET)

    def of_other_logs(self) -> int:
        """The number of letters of other logs that are not published; called after everything was taken."""
        return sum(not self._receipts.cover(log_id, offset) for log_id, offset in self._of_other_logs)

    def _cut(self) -> None:
        # A record of the log that was taken again has another letter, which is the same. One that has its log's id is
        # kept rather than one that may be of a log of before.
        ordered = sorted(self._kept, key=lambda letter: (letter.record.offset, letter.log_id is not None))
        self._kept = list({letter.record.offset: letter for letter in ordered}.values())
        size = 0
        for index, (_, record, _) in enumerate(self._kept):
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
            return box.found()
        for message in messages:
            if (letter := read_letter(settings, message)) is not None:
                box.take(letter)
    found = box.found()
    if found.complete and (others := box.of_other_logs()):
        conversation = shown_key(wanted.conversation_key, settings)
        logger.warning(
            "conversation %s: %d dead letters are of a log that is gone, and no release publishes them: send their "
            "messages to %s again if they are to come out",
            conversation,
            others,
            settings.message_topic,
            extra={"event": "letters_of_lost_log", "conversation": conversation, "count": others},
        )
    return found
