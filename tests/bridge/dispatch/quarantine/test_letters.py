"""Dead letters of a quarantined conversation, as a release finds them again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.commands.quarantine import WaitingLetters
from bridge.dispatch.conversations.release import FoundLetters, WantedLetters
from bridge.dispatch.quarantine.letter_box import LetterBox
from bridge.kafka.transaction import Output
from bridge.records.quarantine_letters import Letter, Receipt, encode_letter, encode_receipt, read_letter
from tests.bridge.dispatch.appends import LOG_ID, SETTINGS, record
from tests.bridge.messages import ConsumedMessage

KEY = "abc123"
EARLIER_LOG = "00000000-0000-0000-0000-000000000000"
LOGS = st.sampled_from([LOG_ID, EARLIER_LOG, None])
ENTRIES = st.builds(lambda offset, log_id: Letter(KEY, record(offset), log_id), st.integers(0, 9), LOGS) | st.builds(
    Receipt, st.just(KEY), st.integers(0, 9), LOGS
)
OFFSETS = st.lists(st.integers(0, 60), unique=True)


def consumed(output: Output) -> ConsumedMessage:
    return ConsumedMessage(output.topic, 0, 0, output.value, output.key, output.headers)


def test_a_letter_is_read_as_the_record_it_was_made_of() -> None:
    original = record(7, headers=[("trace", b"t"), ("__connect.errors.topic", b"the sender's own")])
    letter = encode_letter(SETTINGS, LOG_ID, KEY, original, "row 0 holds another text")
    assert read_letter(SETTINGS, consumed(letter)) == Letter(KEY, original, LOG_ID)


def test_a_receipt_names_the_offset() -> None:
    receipt = encode_receipt(SETTINGS, LOG_ID, KEY, record(7))
    assert receipt.value is None
    assert read_letter(SETTINGS, consumed(receipt)) == Receipt(KEY, 7, LOG_ID)


def test_what_others_wrote_is_neither() -> None:
    letter = encode_letter(SETTINGS, LOG_ID, KEY, record(7), "reason")
    broken = [(name, b"many") if name.endswith(".offset") else (name, value) for name, value in letter.headers]
    assert read_letter(SETTINGS, consumed(replace(letter, headers=broken))) is None
    assert read_letter(SETTINGS, consumed(replace(letter, headers=letter.headers[1:]))) is None
    assert read_letter(SETTINGS, consumed(replace(letter, key=None))) is None


def test_letters_that_are_replayed_are_left_out() -> None:
    box = LetterBox(WantedLetters(KEY, LOG_ID, release=2, after=-1), 100, 1_000_000)
    for offset in (1, 5, 7, 9):
        box.take(Letter(KEY, record(offset), LOG_ID))
    box.take(Letter("another", record(6, "another"), LOG_ID))
    box.take(Receipt(KEY, 5, LOG_ID))
    box.take(Receipt(KEY, 1, LOG_ID))
    box.take(Receipt("another", 9, LOG_ID))
    found = box.found()
    assert ([one.offset for one in found.records], found.last, found.complete) == ([7, 9], 9, True)
    assert all(one.is_letter for one in found.records)


@given(OFFSETS, st.integers(1, 9), st.integers(1, 500))
def test_pieces_that_follow_each_other_are_all_letters_in_order(offsets: list[int], most: int, size: int) -> None:
    pieces: list[FoundLetters] = []
    while not pieces or not pieces[-1].complete:
        box = LetterBox(WantedLetters(KEY, LOG_ID, 1, after=pieces[-1].last if pieces else -1), most, size)
        for offset in offsets:
            box.take(Letter(KEY, record(offset), LOG_ID))
        pieces.append(box.found())
        assert len(pieces[-1].records) <= most
    assert [one.offset for piece in pieces for one in piece.records] == sorted(offsets)


def test_letters_wait_until_there_is_a_receipt() -> None:
    waiting = WaitingLetters(LOG_ID)
    for offset in (3, 5, 8):
        waiting.take(Letter(KEY, record(offset), LOG_ID))
    assert waiting.of(KEY) == 3
    waiting.take(Receipt(KEY, 5, LOG_ID))
    assert (waiting.of(KEY), waiting.of("another")) == (1, 0)


def without_log(output: Output) -> Output:
    """As dispatch wrote it before letters and receipts had the id of their log."""
    return replace(output, headers=[header for header in output.headers if header[0] != "chat.log_id"])


def test_letters_and_receipts_of_before_have_no_log_whatever_the_sender_made_up() -> None:
    sent = record(7, headers=[("chat.log_id", b"the sender's own")])
    assert read_letter(SETTINGS, consumed(encode_letter(SETTINGS, LOG_ID, KEY, sent, "reason"))) == Letter(
        KEY, sent, LOG_ID
    )
    letter = encode_letter(SETTINGS, LOG_ID, KEY, record(7), "reason")
    assert read_letter(SETTINGS, consumed(without_log(letter))) == Letter(KEY, record(7), None)
    receipt = encode_receipt(SETTINGS, LOG_ID, KEY, record(7))
    assert read_letter(SETTINGS, consumed(without_log(receipt))) == Receipt(KEY, 7, None)


@pytest.mark.parametrize("log_of_receipt", [EARLIER_LOG, None])
def test_a_receipt_says_nothing_of_another_log(log_of_receipt: str | None) -> None:
    box, waiting = LetterBox(WantedLetters(KEY, LOG_ID, 1, after=-1), 100, 1_000_000), WaitingLetters(LOG_ID)
    found: list[Letter | Receipt] = [Letter(KEY, record(3), LOG_ID), Receipt(KEY, 5000, log_of_receipt)]
    for one in found:
        box.take(one)
        waiting.take(one)
    assert [one.offset for one in box.found().records] == [3]
    assert waiting.of(KEY) == 1


def test_letters_of_another_log_are_counted_and_never_released() -> None:
    box, waiting = LetterBox(WantedLetters(KEY, LOG_ID, 1, after=-1), 100, 1_000_000), WaitingLetters(LOG_ID)
    letters: list[Letter | Receipt] = [Letter(KEY, record(offset), EARLIER_LOG) for offset in (3, 5, 8, 8)]
    for one in [*letters, Receipt(KEY, 3, EARLIER_LOG), Receipt(KEY, 9, LOG_ID)]:
        box.take(one)
        waiting.take(one)
    assert box.found() == FoundLetters([], -1, complete=True)
    assert (box.of_other_logs(), waiting.of(KEY)) == (2, 0)


@given(st.lists(ENTRIES).flatmap(lambda entries: st.tuples(st.just(entries), st.permutations(entries))))
def test_no_letter_of_this_log_is_lost_whatever_other_logs_left(orders: tuple[list[Letter | Receipt], ...]) -> None:
    found = []
    for entries in orders:
        box, waiting = LetterBox(WantedLetters(KEY, LOG_ID, 1, after=-1), 100, 1_000_000), WaitingLetters(LOG_ID)
        for one in entries:
            box.take(one)
            waiting.take(one)
        found.append({one.offset for one in box.found().records})
        assert waiting.of(KEY) == len(found[-1])
    published = max((one.offset for one in orders[0] if isinstance(one, Receipt) and one.log_id == LOG_ID), default=-1)
    letters = [one for one in orders[0] if isinstance(one, Letter)]
    own = {one.record.offset for one in letters if one.log_id == LOG_ID and one.record.offset > published}
    assert own <= found[0] == found[1] <= {one.record.offset for one in letters if one.log_id != EARLIER_LOG}
