"""The wire format, byte for byte."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from chat_tasks.formats.topics import (
    InstantMessage,
    LatestMessagesBlock,
    decode_message,
    decode_request,
    encode_block,
    encode_message,
    with_sequence,
)
from tests.chat_tasks.texts import as_fields, messages, texts

FROM_BOB = b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"body":"Hi there!"}'
FROM_ANN = b'{"conversationKey":"abc123","sender":"ann","recipients":["bob"],"body":"Hi there!"}'
OUT_BOB = b'{"conversationKey":"abc123","sender":"bob","recipients":["ann"],"conversationMsgSeq":0,"body":"Hi there!"}'
OUT_ANN = b'{"conversationKey":"abc123","sender":"ann","recipients":["bob"],"conversationMsgSeq":1,"body":"Hi there!"}'
REQUEST = b'{"conversationKey":"abc123","numMsgs":100}'
BLOCK = b'{"conversationKey":"abc123","latestChatter":[["bob","Hi there!",0],["ann","Hi there!",1]]}'


def json_bytes(value: Any) -> bytes:
    """JSON without spaces, UTF-8 unescaped, by another implementation than the product's."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_message_is_read() -> None:
    message = decode_message(FROM_BOB)
    assert as_fields(message) == {
        "conversationKey": "abc123",
        "sender": "bob",
        "recipients": ["ann"],
        "body": "Hi there!",
    }


@pytest.mark.parametrize("value", [FROM_BOB, FROM_ANN])
def test_a_canonical_message_is_written_as_it_was_read(value: bytes) -> None:
    assert encode_message(decode_message(value)) == value


@pytest.mark.parametrize(("value", "sequence", "output"), [(FROM_BOB, 0, OUT_BOB), (FROM_ANN, 1, OUT_ANN)])
def test_the_number_goes_before_the_body(value: bytes, sequence: int, output: bytes) -> None:
    assert with_sequence(value, sequence) == output


def test_a_request_is_read() -> None:
    request = decode_request(REQUEST)
    assert (request.conversationKey, request.numMsgs, request.beforeSeq) == ("abc123", 100, None)


def test_a_request_may_page_back() -> None:
    assert decode_request(b'{"conversationKey":"abc123","numMsgs":100,"beforeSeq":40}').beforeSeq == 40


@pytest.mark.parametrize("before", ["-1", "9223372036854775808", "1.0", '"1"', "true"])
def test_a_page_ends_at_a_number_that_a_row_can_have(before: str) -> None:
    with pytest.raises(ValidationError, match="beforeSeq"):
        decode_request(b'{"conversationKey":"abc123","numMsgs":100,"beforeSeq":%b}' % before.encode())


def test_a_block_is_written() -> None:
    assert encode_block("abc123", [("bob", "Hi there!", 0), ("ann", "Hi there!", 1)]) == BLOCK


def test_a_block_may_be_empty() -> None:
    assert encode_block("abc123", []) == b'{"conversationKey":"abc123","latestChatter":[]}'


@given(messages)
def test_any_message_is_canonical_json(message: InstantMessage) -> None:
    value = encode_message(message)
    assert value == json_bytes(as_fields(message))
    assert as_fields(decode_message(value)) == as_fields(message)


@given(messages, st.integers(0, 2**63 - 1))
@example(InstantMessage(conversationKey=',"body":', sender='","body":"', recipients=['"body":'], body=',"body":"'), 0)
def test_splicing_the_number_in_is_decoding_and_encoding_again(message: InstantMessage, sequence: int) -> None:
    fields = as_fields(message)
    body = fields.pop("body")
    expected = json_bytes({**fields, "conversationMsgSeq": sequence, "body": body})
    assert with_sequence(encode_message(message), sequence) == expected


@given(texts, st.lists(st.tuples(texts, texts, st.integers(0, 2**63 - 1)), max_size=4))
def test_any_block_is_canonical_json_and_can_be_read(key: str, chatter: list[tuple[str, str, int]]) -> None:
    value = encode_block(key, chatter)
    assert value == json_bytes({"conversationKey": key, "latestChatter": chatter})
    assert LatestMessagesBlock.model_validate_json(value).latestChatter == chatter
