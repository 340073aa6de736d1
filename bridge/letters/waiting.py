"""How many dead letters wait, and since when, kept up to date while `dead_letter` is read."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from bridge.letters.dead_letter import DeadLetter
from bridge.records.quarantine_letters import Receipt, Receipts
from bridge.records.replay_receipts import LetterId

# Other programs write letters with stages of their own choice.
OTHER = "other"
_QUARANTINE = "APPEND"
STAGES = ("VALUE_CONVERTER", "CONSUME", _QUARANTINE, OTHER)
_SETTLED = len(STAGES)


class _Quarantined(NamedTuple):
    """A waiting letter of a quarantined conversation: its record's log and offset there, and the letter's place.

    `written_at` is in milliseconds since 1970.
    """

    log_id: str | None
    offset: int
    at: LetterId
    written_at: int


class Waiting(NamedTuple):
    """The waiting letters of each stage, and when the oldest was written, in milliseconds since 1970; None without one.

    Within a partition the first letter counts as the oldest.
    """

    by_stage: Mapping[str, int]
    oldest: int | None


class WaitingLetters:
    """Counts the letters that `LetterStates` calls waiting, by stage, one record after the other.

    The console owns one, and uses it in one thread, which takes every record of the topic in its partition's order. A
    record takes nine bytes until it is deleted from the topic, and the waiting letter of a quarantined conversation
    some two hundred more. Invariant: a letter is counted while it waits and the topic has it. No method raises.
    """

    def __init__(self, log_id: str) -> None:
        """Of no letters yet; `log_id` is the current log's."""
        self._log_id = log_id
        self._starts: dict[int, int] = {}
        self._first: dict[int, int] = {}
        self._stages: dict[int, bytearray] = defaultdict(bytearray)
        self._times: dict[int, array[int]] = defaultdict(lambda: array("q"))
        self._receipts: dict[str, Receipts] = defaultdict(lambda: Receipts(log_id))
        self._quarantined: dict[str, list[_Quarantined]] = {}
        self._counts = Counter(dict.fromkeys(STAGES, 0))

    def waiting(self) -> Waiting:
        """What waits now; takes three milliseconds if a million letters before the first that waits are settled."""
        written = [one.written_at for letters in self._quarantined.values() for one in letters]
        for partition, stages in self._stages.items():
            first = len(stages) - len(stages.lstrip(bytes([_SETTLED])))
            if first < len(stages):
                written.append(self._times[partition][first])
        return Waiting(dict(self._counts), min(written, default=None))

    def take(self, found: DeadLetter | LetterId | Receipt, at: LetterId) -> None:
        """Take what is at this place."""
        if isinstance(found, LetterId):
            # A receipt of another partition's letter is not the pipeline's: `LetterStates` says the same.
            if found.partition == at.partition:
                self._settle(found)
        elif isinstance(found, Receipt):
            self._receipts[found.conversation_key].take(found)
            self._release(found.conversation_key)
        elif found.quarantined is None:
            self._wait(found, at)
        else:
            key, record, log_id = found.quarantined
            is_stranded = log_id not in {None, self._log_id}
            if not (is_stranded or (key in self._receipts and self._receipts[key].cover(log_id, record.offset))):
                self._counts[_QUARANTINE] += 1
                self._quarantined.setdefault(key, []).append(_Quarantined(log_id, record.offset, at, found.written_at))

    def deleted(self, partition: int, start: int) -> None:
        """Take note that the topic has nothing of the partition from before the offset `start` any more."""
        if self._starts.get(partition) == start:
            return
        self._starts[partition] = start
        stages, gone = self._stages[partition], start - self._first.get(partition, start)
        if gone > 0:
            for index, stage in enumerate(STAGES):
                self._counts[stage] -= stages.count(index, 0, gone)
            del stages[:gone], self._times[partition][:gone]
            self._first[partition] = start
        for key, letters in list(self._quarantined.items()):
            self._keep(key, [one for one in letters if one.at.partition != partition or one.at.offset >= start])

    def _wait(self, letter: DeadLetter, at: LetterId) -> None:
        stage = letter.stage if letter.stage in STAGES else OTHER
        stages, times = self._stages[at.partition], self._times[at.partition]
        # Receipts and the markers of transactions lie between letters.
        between = at.offset - self._first.setdefault(at.partition, at.offset) - len(stages)
        stages.extend(bytes([_SETTLED]) * between)
        times.extend([0] * between)
        times.append(letter.written_at)
        stages.append(STAGES.index(stage or OTHER))
        self._counts[stage or OTHER] += 1

    def _settle(self, at: LetterId) -> None:
        stages, index = self._stages[at.partition], at.offset - self._first.get(at.partition, at.offset)
        if 0 <= index < len(stages) and stages[index] != _SETTLED:
            self._counts[STAGES[stages[index]]] -= 1
            stages[index] = _SETTLED

    def _release(self, key: str) -> None:
        receipts, letters = self._receipts[key], self._quarantined.get(key, [])
        self._keep(key, [one for one in letters if not receipts.cover(one.log_id, one.offset)])

    def _keep(self, key: str, letters: list[_Quarantined]) -> None:
        self._counts[_QUARANTINE] -= len(self._quarantined.get(key, ())) - len(letters)
        if letters:
            self._quarantined[key] = letters
        else:
            self._quarantined.pop(key, None)
