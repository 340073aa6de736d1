"""Headers travel with a record; ours is the last word on when it was sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.kafka.headers import SENT_AT, Headers, headers_of, sent_at_of, with_sent_at, without_sent_at
from tests.bridge.messages import ConsumedMessage

header_lists = st.lists(st.tuples(st.text() | st.just(SENT_AT), st.none() | st.binary()), max_size=5)


@given(header_lists, st.integers(0, 2**63 - 1))
def test_ours_comes_last_and_alone_whatever_a_sender_made_up(headers: Headers, sent_at: int) -> None:
    together = with_sent_at(headers, b"%d" % sent_at)
    assert together[:-1] == without_sent_at(headers) == [header for header in headers if header[0] != SENT_AT]
    assert sent_at_of(together) == b"%d" % sent_at


@pytest.mark.parametrize(
    "headers", [[], [("other", b"5")], [(SENT_AT, None)], [(SENT_AT, b"")], [(SENT_AT, b"yesterday")]]
)
def test_a_record_without_the_time_is_not_ours(headers: Headers) -> None:
    with pytest.raises(ValueError, match=r"no header chat\.sent_at, or no time in it"):
        sent_at_of(headers)


def test_no_headers_are_an_empty_list() -> None:
    assert headers_of(ConsumedMessage("instant_message_in", 0, 0, b"")) == []


def test_the_list_is_a_copy() -> None:
    message = ConsumedMessage("instant_message_in", 0, 0, b"", with_headers=[("correlation_id", b"7")])
    headers_of(message).clear()
    assert headers_of(message) == [("correlation_id", b"7")]
