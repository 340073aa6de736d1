"""What is counted record by record is what one look through the whole topic finds."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bridge.letters.dead_letter import DeadLetter
from bridge.letters.states import LetterState, LetterStates
from bridge.letters.waiting import OTHER, STAGES, WaitingLetters
from bridge.records.dead_letters import DeadLetterContext, Source
from bridge.records.log_record import LogRecord
from bridge.records.quarantine_letters import Letter, Receipt
from bridge.records.replay_receipts import LetterId

LOG = "the log"
WRITTEN_AT = (7, 2)
Found = DeadLetter | LetterId | Receipt


def letter(at: LetterId, stage: str, quarantined: Letter | None = None) -> DeadLetter:
    context = DeadLetterContext([], Source("topic", 0, 0, stage, "ingest.1"), "Error", "reason")
    return DeadLetter(at, WRITTEN_AT[at.partition] + at.offset, b"key", b"value", [], context, quarantined)


@st.composite
def topics(draw: st.DrawFn) -> list[tuple[Found, LetterId]]:
    """Two partitions with letters and receipts of all kinds, and gaps where markers are."""
    made: list[tuple[Found, LetterId]] = []
    for partition in range(2):
        offset = draw(st.integers(0, 3))
        for _ in range(draw(st.integers(0, 8))):
            at, offset = LetterId(partition, offset), offset + draw(st.integers(1, 3))
            key, logged = draw(st.sampled_from("ab")), draw(st.integers(0, 3))
            match draw(st.sampled_from(["input", "quarantined", "replayed", "released"])):
                case "input":
                    made.append((letter(at, draw(st.sampled_from([*STAGES, "theirs"]))), at))
                case "quarantined":
                    record = LogRecord(0, logged, b"1", b"{}", [], replay=False)
                    kept = Letter(key, record, draw(st.sampled_from([LOG, "another", None])))
                    made.append((letter(at, "APPEND", kept), at))
                case "replayed":
                    made.append((LetterId(draw(st.integers(0, 1)), draw(st.integers(0, 12))), at))
                case _:
                    made.append((Receipt(key, logged, draw(st.sampled_from([LOG, None]))), at))
    return made


@given(topics(), st.integers(0, 12))
def test_the_same_letters_wait(made: list[tuple[Found, LetterId]], start: int) -> None:
    states, waiting = LetterStates(LOG), WaitingLetters(LOG)
    for found, at in made:
        states.take(found, at)
        waiting.take(found, at)
    there = [found for found, _ in made if isinstance(found, DeadLetter)]

    def by_stage(letters: list[DeadLetter]) -> Counter[str]:
        wait = (one for one in letters if states.of(one) is LetterState.WAITING)
        return Counter(one.stage if one.stage in STAGES else OTHER for one in wait)

    def agrees(letters: list[DeadLetter]) -> None:
        found = waiting.waiting()
        assert +Counter(found.by_stage) == by_stage(letters)
        assert found.by_stage.keys() == set(STAGES)
        written = [one.written_at for one in letters if states.of(one) is LetterState.WAITING]
        assert found.oldest == min(written, default=None)

    agrees(there)
    waiting.deleted(0, start)
    agrees([one for one in there if one.id.partition or one.id.offset >= start])


def test_what_comes_after_a_deletion_is_counted() -> None:
    waiting = WaitingLetters(LOG)
    waiting.take(letter(LetterId(0, 5), "CONSUME"), LetterId(0, 5))
    waiting.deleted(0, 9)
    assert waiting.waiting().by_stage["CONSUME"] == 0
    waiting.take(letter(LetterId(0, 9), "CONSUME"), LetterId(0, 9))
    waiting.take(letter(LetterId(0, 11), "CONSUME"), LetterId(0, 11))
    waiting.take(LetterId(0, 9), LetterId(0, 12))
    assert waiting.waiting().by_stage["CONSUME"] == 1
