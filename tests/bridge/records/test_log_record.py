"""What ingest writes into the log is what dispatch reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.records.log_record import decode_logged_value, encode_logged_value


@given(st.integers(0, 2**63 - 1), st.binary())
def test_the_time_and_the_message_come_back(sent_at: int, message: bytes) -> None:
    assert decode_logged_value(encode_logged_value(sent_at, message)) == (b"%d" % sent_at, message)


@pytest.mark.parametrize("value", [b"", b"1000", b",{}", b"yesterday,{}", b"-1,{}", b"1.5,{}"])
def test_what_does_not_begin_with_a_time_is_not_ours(value: bytes) -> None:
    with pytest.raises(ValueError, match="does not begin with a time"):
        decode_logged_value(value)
