"""What may enter the log, and what every other record is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.records.validation import ValidMessage, validate_message
from chat_tasks.errors import InvalidRecord
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings
from tests.chat_tasks.texts import as_fields, messages

LIMITS = Settings(max_body_bytes=20, max_key_bytes=12, max_name_bytes=8, max_recipients=3, max_latest_messages=100)
ROOMY = Settings(max_body_bytes=10**6, max_key_bytes=32_768, max_name_bytes=10**6)
VALID = {"conversationKey": "abc123", "sender": "bob", "recipients": ["ann"], "body": "Hi there!"}
CANONICAL = b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"body":"Hi there!"}'


def message(**changes: object) -> bytes:
    """A valid message but for these."""
    return json.dumps({**VALID, **changes}).encode()


def reason_for(value: bytes | None, limits: Settings = LIMITS) -> str:
    """Why that is no message."""
    with pytest.raises(InvalidRecord) as invalid:
        validate_message(value, limits)
    return str(invalid.value)


def test_a_valid_message_is_keyed_by_its_conversation() -> None:
    assert validate_message(CANONICAL, LIMITS) == ValidMessage(b"abc123", CANONICAL)


def test_order_spaces_escapes_and_unknown_fields_do_not_matter() -> None:
    loose = (
        b' {"body": "Hi\\u0020th\\u0065re!", "more": {"nested": [1.5, null]}, "recipients": [ "ann" ],\n'
        b'  "sender": "bob", "conversationKey": "abc\\u0031\\u00323"} '
    )
    assert validate_message(loose, LIMITS).value == CANONICAL


def test_text_is_kept_and_written_unescaped() -> None:
    escaped = message(body="\\ud83d\\ude00 é\t").replace(b"\\\\u", b"\\u")
    assert b"\\ud83d\\ude00" in escaped
    assert '"body":"😀 é\\t"'.encode() in validate_message(escaped, LIMITS).value


def test_of_a_repeated_field_the_last_counts() -> None:
    repeated = CANONICAL.replace(b'"sender":"bob"', b'"sender":7,"sender":"bob"')
    assert validate_message(repeated, LIMITS).value == CANONICAL


def test_empty_texts_and_no_recipients_are_valid() -> None:
    assert validate_message(message(sender="", recipients=[], body=""), LIMITS).key == b"abc123"


@given(messages.filter(lambda message: message.conversationKey))
def test_every_message_within_the_limits_is_valid_however_it_is_written(sent: InstantMessage) -> None:
    expected = ValidMessage(sent.conversationKey.encode(), encode_message(sent))
    for escaped in (True, False):
        assert validate_message(json.dumps(as_fields(sent), ensure_ascii=escaped).encode(), ROOMY) == expected


@pytest.mark.parametrize("field", list(VALID))
def test_every_field_is_needed(field: str) -> None:
    assert reason_for(json.dumps({name: VALID[name] for name in VALID if name != field}).encode()) == (
        f"{field}: Field required"
    )


@pytest.mark.parametrize("field", ["conversationKey", "sender", "body"])
@pytest.mark.parametrize("wrong", [None, 7, 1.5, True, ["text"], {"text": "text"}])
def test_texts_are_texts(field: str, wrong: object) -> None:
    assert reason_for(message(**{field: wrong})) == f"{field}: Input should be a valid string"


@pytest.mark.parametrize("wrong", [None, "ann", 7, {"ann": "bob"}])
def test_recipients_are_a_list(wrong: object) -> None:
    assert reason_for(message(recipients=wrong)) == "recipients: Input should be a valid array"


def test_all_that_is_wrong_is_told_and_where() -> None:
    assert reason_for(message(sender=1, recipients=["ann", 2])) == (
        "sender: Input should be a valid string; recipients.1: Input should be a valid string"
    )


def test_of_wrong_recipients_only_the_first_is_told() -> None:
    assert reason_for(message(recipients=["ann", *[1] * 300_000])) == "recipients.1: Input should be a valid string"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"conversationKey": ""}, "conversationKey: must not be empty"),
        ({"conversationKey": "k" * 13}, "conversationKey: 13 bytes, at most 12 are allowed"),
        ({"conversationKey": "😀" * 4}, "conversationKey: 16 bytes, at most 12 are allowed"),
        ({"sender": "s" * 9}, "sender: 9 bytes, at most 8 are allowed"),
        ({"recipients": ["ann", "é" * 5]}, "recipients: 10 bytes, at most 8 are allowed"),
        ({"recipients": ["ann"] * 4}, "recipients: 4 of them, at most 3 are allowed"),
        ({"body": "b" * 21}, "body: 21 bytes, at most 20 are allowed"),
    ],
)
def test_limits_are_bytes_of_utf8(changes: dict[str, object], reason: str) -> None:
    assert reason_for(message(**changes)) == reason


def test_a_message_may_fill_every_limit() -> None:
    full = message(conversationKey="😀" * 3, sender="é" * 4, recipients=["r" * 8] * 3, body="😀" * 5)
    assert validate_message(full, LIMITS).key == "😀😀😀".encode()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "the record has no value"),
        (b"", "EOF while parsing"),
        (b"{", "EOF while parsing"),
        (b"hello", "expected value"),
        (b"\xff\xfe\x00", "expected value"),
        (b"\xef\xbb\xbf" + CANONICAL, "expected value"),
        (CANONICAL + b"\0", "trailing characters"),
        (CANONICAL + CANONICAL, "trailing characters"),
        (b"NaN", "should be an object"),
        (b"[]", "should be an object"),
        (b'"' + CANONICAL.replace(b'"', b'\\"') + b'"', "should be an object"),
        (CANONICAL.replace(b"abc123", b"\\ud800"), "hex escape"),
        (CANONICAL.replace(b"Hi", b"\\udc00\\ud800"), "surrogate"),
        (CANONICAL.replace(b"Hi", b"\xed\xa0\x80"), "invalid unicode"),
        (CANONICAL.replace(b"Hi", b"\xc3"), "invalid unicode"),
        (CANONICAL.replace(b"Hi", b"\n"), "control character"),
        (CANONICAL[:-1] + b',"deep":' + b"[" * 100_000, "recursion limit"),
        (b"[" * 1_000_000, "recursion limit"),
    ],
)
def test_what_is_not_json_in_utf8_is_told_so(value: bytes | None, reason: str) -> None:
    assert reason in reason_for(value)


def test_a_huge_value_is_only_too_large() -> None:
    assert reason_for(message(body="b" * 900_000)) == "body: 900000 bytes, at most 20 are allowed"


def test_a_value_that_is_larger_than_any_record_is_not_even_parsed() -> None:
    assert reason_for(b"[" * 1_000_001) == "value: 1000001 bytes, at most 1000000 are allowed"


@given(st.binary() | st.binary().map(lambda noise: CANONICAL[:40] + noise + CANONICAL[40:]))
def test_any_bytes_are_a_message_or_are_invalid(value: bytes) -> None:
    try:
        valid = validate_message(value, LIMITS)
    except InvalidRecord:
        return
    assert validate_message(valid.value, LIMITS) == valid


SECRET = "Zugangscode"


@given(
    st.sampled_from([*VALID, "unknown"]),
    st.sampled_from([SECRET * 50, {SECRET: SECRET}, [SECRET, 7], [[SECRET]], [{SECRET: 1}]]),
    st.integers(0, 60),
)
def test_a_reason_never_holds_the_text(field: str, wrong: object, cut: int) -> None:
    value = message(**{"sender": 7, field: wrong})
    assert SECRET not in reason_for(value)
    assert SECRET not in reason_for(value[: len(value) - 1 - cut])
