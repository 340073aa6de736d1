"""Which requests for the latest messages are answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.records.validation import validate_request
from chat_tasks.errors import InvalidRecord
from chat_tasks.formats.tasks import LatestRequest
from chat_tasks.settings import Settings

LIMITS = Settings(max_body_bytes=20, max_key_bytes=12, max_name_bytes=8, max_recipients=3, max_latest_messages=100)


@pytest.mark.parametrize(
    ("value", "request_"),
    [
        (b'{"conversationKey":"abc123","numMsgs":100}', LatestRequest("abc123", 100, None)),
        (b'{"conversationKey":"abc123","numMsgs":101}', LatestRequest("abc123", 100, None)),
        (b'{"conversationKey":"abc123","numMsgs":' + b"9" * 400 + b"}", LatestRequest("abc123", 100, None)),
        (b'{"numMsgs":0,"conversationKey":"abc123","more":1}', LatestRequest("abc123", 0, None)),
        (b'{"conversationKey":"abc123","numMsgs":5,"beforeSeq":40}', LatestRequest("abc123", 5, 40)),
        (b'{"conversationKey":"abc123","numMsgs":5,"beforeSeq":null}', LatestRequest("abc123", 5, None)),
    ],
)
def test_a_request_for_more_than_the_maximum_gets_the_maximum(value: bytes, request_: LatestRequest) -> None:
    assert validate_request(value, LIMITS) == request_


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "the record has no value"),
        (b"", "EOF while parsing"),
        (b'{"conversationKey":"abc123"}', "numMsgs: Field required"),
        (b'{"numMsgs":1}', "conversationKey: Field required"),
        (b'{"conversationKey":"abc123","numMsgs":-1}', "numMsgs: must not be negative"),
        (b'{"conversationKey":"abc123","numMsgs":"5"}', "numMsgs: Input should be a valid integer"),
        (b'{"conversationKey":"abc123","numMsgs":5.0}', "numMsgs: Input should be a valid integer"),
        (b'{"conversationKey":"abc123","numMsgs":true}', "numMsgs: Input should be a valid integer"),
        (b'{"conversationKey":"abc123","numMsgs":NaN}', "numMsgs: Input should be a valid integer"),
        (b'{"conversationKey":"abc123","numMsgs":5,"beforeSeq":-1}', "beforeSeq: "),
        (b'{"conversationKey":"","numMsgs":5}', "conversationKey: must not be empty"),
        (b'{"conversationKey":"abcdefghijklm","numMsgs":5}', "conversationKey: 13 bytes, at most 12 are allowed"),
    ],
)
def test_any_other_request_is_told_why_not(value: bytes | None, reason: str) -> None:
    with pytest.raises(InvalidRecord, match=reason):
        validate_request(value, LIMITS)


@given(st.binary() | st.binary().map(lambda noise: b'{"conversationKey":"a","numMsgs":' + noise + b"}"))
def test_any_bytes_are_a_request_or_are_invalid(value: bytes) -> None:
    try:
        request = validate_request(value, LIMITS)
    except InvalidRecord:
        return
    assert 0 <= request.count <= LIMITS.max_latest_messages
