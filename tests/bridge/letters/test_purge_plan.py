"""A purge deletes prefixes, no letter that waits, and no receipt without all of its letters."""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from bridge.letters.dead_letter import DeadLetter
from bridge.letters.purge import PurgePlan
from bridge.letters.states import LetterState, LetterStates
from bridge.records.log_record import LogRecord
from bridge.records.quarantine_letters import Letter, Receipt
from bridge.records.replay_receipts import LetterId

LOG = "the log"
BEFORE = 50


class Record(NamedTuple):
    """A record of `dead_letter` and its time."""

    found: DeadLetter | LetterId | Receipt
    at: LetterId
    written_at: int


def letter(at: LetterId, quarantined: Letter | None) -> DeadLetter:
    return DeadLetter(at, 0, b"key", b"value", [], None, quarantined)


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    """Two partitions with letters of inputs and of two conversations, and receipts of all kinds."""
    made: list[Record] = []
    for partition in range(2):
        time = 0
        for offset in range(draw(st.integers(0, 8))):
            at, time = LetterId(partition, offset), time + draw(st.integers(0, 20))
            key, logged = draw(st.sampled_from("ab")), draw(st.integers(0, 3))
            found: DeadLetter | LetterId | Receipt
            match draw(st.sampled_from(["input", "quarantined", "replayed", "released"])):
                case "input":
                    found = letter(at, None)
                case "quarantined":
                    record = LogRecord(0, logged, b"1", b"{}", [], replay=False)
                    found = letter(at, Letter(key, record, draw(st.sampled_from([LOG, "another", None]))))
                case "replayed":
                    found = LetterId(partition, draw(st.integers(0, 8)))
                case _:
                    found = Receipt(key, logged, LOG)
            made.append(Record(found, at, time))
    return made


def ends(made: Sequence[Record], *, is_forced: bool) -> tuple[dict[int, int], LetterStates]:
    """Where each partition may be deleted to, and the letters' states."""
    states = LetterStates(LOG)
    for found, at, _ in made:
        states.take(found, at)
    plan = PurgePlan(states, BEFORE, is_forced=is_forced)
    for one in made:
        plan.take(*one)
    return {one.partition: one.end for one in plan.doomed()}, states


@given(records(), st.booleans())
def test_what_goes_is_needed_by_nobody(made: list[Record], is_forced: bool) -> None:
    until, states = ends(made, is_forced=is_forced)
    gone = [one for one in made if one.at.offset < until.get(one.at.partition, 0)]
    kept = [one for one in made if one not in gone]
    assert all(one.written_at < BEFORE for one in gone)
    after = LetterStates(LOG)
    for found, at, _ in kept:
        after.take(found, at)
    for found, _, _ in gone:
        assert not isinstance(found, DeadLetter) or is_forced or states.of(found).is_settled
    for found, _, _ in kept:
        if isinstance(found, DeadLetter):
            assert after.of(found) is states.of(found)


@given(records())
def test_each_partition_goes_up_to_what_has_to_stay(made: list[Record]) -> None:
    """One record more, and a rule would be broken."""
    until, states = ends(made, is_forced=False)
    for partition in range(2):
        mine = [one for one in made if one.at.partition == partition]
        end = until.get(partition, 0)
        if end == len(mine):
            continue
        found, _, written_at = mine[end]
        waits = isinstance(found, DeadLetter) and not states.of(found).is_settled
        is_needed = isinstance(found, Receipt) and any(
            isinstance(one.found, DeadLetter)
            and one.found.quarantined is not None
            and one.found.quarantined.conversation_key == found.conversation_key
            and (one.at.partition != partition or one.at.offset > end)
            for one in made
        )
        assert written_at >= BEFORE or waits or is_needed


def test_what_goes_is_counted_by_state() -> None:
    made = [
        Record(letter(LetterId(0, 5), None), LetterId(0, 5), 1),
        Record(LetterId(0, 5), LetterId(0, 6), 2),
        Record(letter(LetterId(0, 8), None), LetterId(0, 8), 3),
    ]
    states = LetterStates(LOG)
    plan = PurgePlan(states, None, is_forced=False)
    for found, at, _ in made:
        states.take(found, at)
    for one in made:
        plan.take(*one)
    [doomed] = plan.doomed()
    assert doomed == (0, 8, {LetterState.REPLAYED: 1}, 1, "0@8 is waiting")
