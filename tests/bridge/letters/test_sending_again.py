"""Which record a dead letter becomes, and which letters may not be sent again."""

import pytest

from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.headers import Headers
from bridge.kafka.transaction import Output, Partition
from bridge.letters.dead_letter import DeadLetter, read_dead_letter
from bridge.letters.sending_again import record_again
from bridge.letters.states import LetterState
from bridge.records.dead_letters import dead_letter_of, dead_letter_of_unreadable
from bridge.records.log_record import LogRecord
from bridge.records.quarantine_letters import encode_letter, read_letter
from bridge.records.replay_receipts import LetterId, encode_replay_receipt
from chat_tasks.errors import ForeignRecord, InvalidRecord, NotReplayed
from chat_tasks.settings import Settings
from tests.bridge.messages import ConsumedMessage

SETTINGS = Settings()
COUNTS = {SETTINGS.message_topic: 3, SETTINGS.request_topic: 3}
VALID = b'{"conversationKey":"c","sender":"bob","recipients":[],"body":"hi"}'


def in_dead_letter(output: Output) -> DeadLetter:
    """The letter as it is read from its topic."""
    message = ConsumedMessage(output.topic, 1, 9, output.value, output.key, output.headers)
    found = read_dead_letter(SETTINGS, message)
    assert isinstance(found, DeadLetter)
    return found


def letter_of(
    value: bytes | None,
    *,
    topic: str = SETTINGS.message_topic,
    key: bytes | None = None,
    headers: Headers | None = None,
    limits: Settings = SETTINGS,
) -> DeadLetter:
    message = ConsumedMessage(topic, 2, 41, value, key, headers or [])
    return in_dead_letter(dead_letter_of(message, InvalidRecord("because"), limits))


def again(letter: DeadLetter, value: bytes | None = None, state: LetterState = LetterState.WAITING) -> Output:
    return record_again(letter, state, value, COUNTS, SETTINGS)


def test_the_record_is_what_its_sender_sent() -> None:
    sent: Headers = [("trace", b"7"), ("chat.sent_at", b"made up"), ("empty", None)]
    assert again(letter_of(VALID, key=b"k", headers=sent)) == Output(SETTINGS.message_topic, 2, b"k", VALID, sent)


def test_a_key_that_the_sender_did_not_give_is_left_out() -> None:
    assert again(letter_of(VALID)).key is None


def test_a_value_takes_the_place_of_the_letter_s() -> None:
    assert again(letter_of(b"hello"), VALID).value == VALID
    with pytest.raises(NotReplayed, match="it would be refused again: value: Invalid JSON"):
        again(letter_of(VALID), b"hello")


def test_a_partition_that_is_not_there_any_more_is_left_to_the_client() -> None:
    assert (
        record_again(letter_of(VALID), LetterState.WAITING, None, {SETTINGS.message_topic: 2}, SETTINGS).partition == -1
    )


def test_a_letter_without_its_whole_record_needs_a_value() -> None:
    letter = letter_of(VALID + b" " * 20_000, limits=Settings(max_record_bytes=10_000))
    with pytest.raises(NotReplayed, match=r"it does not hold its whole record .value after 10000 of 20066 bytes"):
        again(letter)
    assert again(letter, VALID).headers == []


def test_a_letter_of_the_log_that_came_to_the_input_is_refused() -> None:
    letter = letter_of(VALID, headers=[("__connect.errors.topic", SETTINGS.log_topic.encode())])
    with pytest.raises(NotReplayed, match="they are those of a dead letter of conversation_log"):
        again(letter, VALID)


def test_what_is_no_letter_of_an_input_is_refused() -> None:
    record = LogRecord(0, 7, b"500", VALID, [], replay=False)
    quarantined = in_dead_letter(encode_letter(SETTINGS, "log", "c", record, "why"))
    with pytest.raises(NotReplayed, match='`chat-tasks quarantine release` publishes the letters of "c" in order'):
        again(quarantined, VALID)
    with pytest.raises(NotReplayed, match="it is of a log that is gone"):
        again(quarantined, VALID, LetterState.STRANDED)
    unreadable = UnreadableRecords(Partition(SETTINGS.message_topic, 0), 3, 5, "corrupt")
    with pytest.raises(NotReplayed, match="it holds no record"):
        again(in_dead_letter(dead_letter_of_unreadable(unreadable, SETTINGS)), VALID)
    foreign = dead_letter_of(ConsumedMessage(SETTINGS.log_topic, 2, 41, VALID), ForeignRecord("no key"), SETTINGS)
    with pytest.raises(NotReplayed, match="it came from conversation_log"):
        again(in_dead_letter(foreign), VALID)
    with pytest.raises(NotReplayed, match="another program wrote it"):
        again(in_dead_letter(Output(SETTINGS.dead_letter_topic, -1, b"k", VALID, [])), VALID)


def test_a_receipt_names_its_letter() -> None:
    receipt = encode_replay_receipt(SETTINGS, LetterId(1, 9), b"k")
    assert receipt.partition == 1
    message = ConsumedMessage(receipt.topic, 1, 12, receipt.value, receipt.key, receipt.headers)
    assert read_dead_letter(SETTINGS, message) == LetterId(1, 9)
    # A release passes it over.
    assert read_letter(SETTINGS, message) is None
