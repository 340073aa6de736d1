"""Dead letters of a quarantined conversation, as a release finds them again."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.commands.quarantine import WaitingLetters
from bridge.dispatch.conversations.release import FoundLetters, WantedLetters
from bridge.dispatch.quarantine.letter_box import LetterBox
from bridge.kafka.transaction import Output
from bridge.records.quarantine_letters import Letter, Receipt, encode_letter, encode_receipt, read_letter
from tests.bridge.dispatch.appends import SETTINGS, record
from tests.bridge.messages import ConsumedMessage

KEY = "abc123"
OFFSETS = st.lists(st.integers(0, 60), unique=True)


def consumed(output: Output) -> ConsumedMessage:
    return ConsumedMessage(output.topic, 0, 0, output.value, output.key, output.headers)


def test_a_letter_is_read_as_the_record_it_was_made_of() -> None:
    original = record(7, headers=[("trace", b"t"), ("__connect.errors.topic", b"the sender's own")])
    letter = encode_letter(SETTINGS, KEY, original, "row 0 holds another text")
    assert read_letter(SETTINGS, consumed(letter)) == Letter(KEY, original)


def test_a_receipt_names_the_offset() -> None:
    receipt = encode_receipt(SETTINGS, KEY, record(7))
    assert receipt.value is None
    assert read_letter(SETTINGS, consumed(receipt)) == Receipt(KEY, 7)


def test_what_others_wrote_is_neither() -> None:
    letter = encode_letter(SETTINGS, KEY, record(7), "reason")
    broken = [(name, b"many") if name.endswith(".offset") else (name, value) for name, value in letter.headers]
    assert read_letter(SETTINGS, consumed(replace(letter, headers=broken))) is None
    assert read_letter(SETTINGS, consumed(replace(letter, headers=letter.headers[1:]))) is None
    assert read_letter(SETTINGS, consumed(replace(letter, key=None))) is None


def test_letters_that_are_replayed_are_left_out() -> None:
    box = LetterBox(WantedLetters(KEY, release=2, after=-1), 100, 1_000_000)
    for offset in (1, 5, 7, 9):
        box.take(Letter(KEY, record(offset)))
    box.take(Letter("another", record(6, "another")))
    box.take(Receipt(KEY, 5))
    box.take(Receipt(KEY, 1))
    box.take(Receipt("another", 9))
    found = box.found()
    assert ([one.offset for one in found.records], found.last, found.complete) == ([7, 9], 9, True)
    assert all(one.is_letter for one in found.records)


@given(OFFSETS, st.integers(1, 9), st.integers(1, 500))
def test_pieces_that_follow_each_other_are_all_letters_in_order(offsets: list[int], most: int, size: int) -> None:
    pieces: list[FoundLetters] = []
    while not pieces or not pieces[-1].complete:
        box = LetterBox(WantedLetters(KEY, 1, after=pieces[-1].last if pieces else -1), most, size)
        for offset in offsets:
            box.take(Letter(KEY, record(offset)))
        pieces.append(box.found())
        assert len(pieces[-1].records) <= most
    assert [one.offset for piece in pieces for one in piece.records] == sorted(offsets)


def test_letters_wait_until_there_is_a_receipt() -> None:
    waiting = WaitingLetters()
    for offset in (3, 5, 8):
        waiting.take(Letter(KEY, record(offset)))
    assert waiting.of(KEY) == 3
    waiting.take(Receipt(KEY, 5))
    assert (waiting.of(KEY), waiting.of("another")) == (1, 0)
