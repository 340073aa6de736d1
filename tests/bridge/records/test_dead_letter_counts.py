"""Every reason that a dead letter can have is counted under one of a closed list."""

import pytest

from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.transaction import Output, Partition
from bridge.records.dead_letter_counts import DeadLetterCounts
from bridge.records.dead_letters import dead_letter_of, dead_letter_of_unreadable
from bridge.records.log_record import LogRecord
from bridge.records.quarantine_letters import encode_letter, encode_receipt
from bridge.records.validation import check_total, validate_message, validate_request
from chat_tasks.errors import ForeignRecord, InvalidRecord
from chat_tasks.settings import Settings
from tests.bridge.messages import ConsumedMessage

SETTINGS = Settings(instance_name="ingest.1", max_key_bytes=9, max_name_bytes=9, max_recipients=2, max_body_bytes=9)
LOG_ID = "00000000-0000-0000-0000-000000000001"
RECORD = LogRecord(0, 7, b"500", b"{}", [], replay=False)
MESSAGE = '{"conversationKey":"%s","sender":"%s","recipients":%s,"body":"%s"}'


def counted(*outputs: Output) -> dict[tuple[str, ...], float]:
    """What is counted of these outputs, without zeros."""
    counts = DeadLetterCounts(SETTINGS.dead_letter_topic)
    counts.published(outputs)
    return {
        sample.labels: sample.value for sample in counts.samples() if isinstance(sample.value, int) and sample.value
    }


def letter(error: InvalidRecord, topic: str = "instant_message_in") -> Output:
    return dead_letter_of(ConsumedMessage(topic, 0, 3, b"x"), error, SETTINGS)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "value"),
        (b"", "value"),
        (b"{}", "conversationKey"),
        ((MESSAGE % ("", "a", "[]", "b")).encode(), "conversationKey"),
        ((MESSAGE % ("a" * 10, "a", "[]", "b")).encode(), "conversationKey"),
        ((MESSAGE % ("a", "a" * 10, "[]", "b")).encode(), "sender"),
        ((MESSAGE % ("a", "a", '["","",""]', "b")).encode(), "recipients"),
        ((MESSAGE % ("a", "a", "[7]", "b")).encode(), "recipients"),
        ((MESSAGE % ("a", "a", "[]", "b" * 10)).encode(), "body"),
    ],
)
def test_an_invalid_message_counts_by_its_first_wrong_field(value: bytes | None, reason: str) -> None:
    with pytest.raises(InvalidRecord) as error:
        validate_message(value, SETTINGS)
    assert counted(letter(error.value)) == {("VALUE_CONVERTER", reason): 1}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'{"conversationKey":"a","numMsgs":-1}', "numMsgs"),
        (b'{"conversationKey":"a","numMsgs":1,"beforeSeq":-1}', "beforeSeq"),
    ],
)
def test_an_invalid_request_counts_by_its_field(value: bytes, reason: str) -> None:
    with pytest.raises(InvalidRecord) as error:
        validate_request(value, SETTINGS)
    assert counted(letter(error.value, SETTINGS.request_topic)) == {("VALUE_CONVERTER", reason): 1}


@pytest.mark.parametrize("what", ["record", "key and headers"])
def test_what_is_too_large_as_a_whole(what: str) -> None:
    with pytest.raises(InvalidRecord) as error:
        check_total(what, 2, 1)
    assert counted(letter(error.value)) == {("VALUE_CONVERTER", "size"): 1}


def test_other_letters_and_what_is_no_letter() -> None:
    foreign = ForeignRecord("it has no key or no value")
    message = ConsumedMessage(SETTINGS.log_topic, 0, 3, b"x")
    assert counted(
        dead_letter_of(message, foreign, SETTINGS, "CONSUME"),
        dead_letter_of_unreadable(UnreadableRecords(Partition("any", 0), 1, 3, "Kafka: _BAD_MSG"), SETTINGS),
        encode_letter(SETTINGS, LOG_ID, "abc123", RECORD, "row 5 contradicts"),
        encode_receipt(SETTINGS, LOG_ID, "abc123", RECORD),
        letter(InvalidRecord("what a later version says")),
        Output(SETTINGS.output_topic, 0, b"abc123", b"{}", []),
        Output(SETTINGS.dead_letter_topic, 0, b"abc123", b"{}", []),
    ) == {
        ("CONSUME", "foreign"): 1,
        ("CONSUME", "unreadable"): 1,
        ("APPEND", "quarantined"): 1,
        ("VALUE_CONVERTER", "other"): 1,
    }
