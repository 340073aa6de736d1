"""What ingest writes into the log is what dispatch reads, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.records.log_record import decode_logged_value, encode_logged_value
from chat_tasks.formats.topics import InstantMessage, decode_message, encode_message
from tests.chat_tasks.texts import messages

MESSAGE = b'{"conversationKey":"k","sender":"s","recipients":["r"],"body":"b"}'


@given(st.integers(0, 2**63 - 1), messages)
def test_the_time_and_the_message_come_back(sent_at: int, message: InstantMessage) -> None:
    encoded = encode_message(message)
    # What msgspec has read it writes too, and both writings have to come through.
    for value in (encoded, encode_message(decode_message(encoded))):
        logged = encode_logged_value(sent_at, value)
        decoded = decode_logged_value(message.conversationKey.encode(), logged)
        assert decoded == (message.conversationKey, b"%d" % sent_at, value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "not a time and a message"),
        (b"hello", "not a time and a message"),
        (b"1,abc", "not a time and a message"),
        (b"1000", "not a time and a message"),
        (b"1000,{}", "not a time and a message"),
        (MESSAGE, "not a time and a message"),
        (b"yesterday," + MESSAGE, "not a time and a message"),
        (b"-1," + MESSAGE, "not a time and a message"),
        (b"1.5," + MESSAGE, "not a time and a message"),
        (b"007," + MESSAGE, "not a time and a message"),
        (b"%d," % 2**63 + MESSAGE, "not a time and a message"),
        (b"7," + MESSAGE + b",8", "not a time and a message"),
        (b"7," + MESSAGE + b"],[7," + MESSAGE, "not a time and a message"),
        (b"7," + MESSAGE[:-1] + b',"more":1}', "not a time and a message"),
        (b"7," + MESSAGE.replace(b'"s"', b"1"), "not a time and a message"),
        (b"7," + MESSAGE.replace(b'"s"', b'"\xff"'), "not a time and a message"),
        (b" 7," + MESSAGE, "not spelled as ingest spells it"),
        (b"7," + MESSAGE.replace(b',"body":', b', "body" : '), "not spelled as ingest spells it"),
        (b"7," + MESSAGE.replace(b'"k"', b'"another"'), "its key is not that of its message"),
    ],
)
def test_what_ingest_does_not_write_is_refused_with_the_reason(value: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as error:
        decode_logged_value(b"k", value)
    assert "hello" not in str(error.value)
