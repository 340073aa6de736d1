"""A dead letter says where it came from and why, in the words of Kafka Connect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.kafka.headers import SENT_AT, Headers
from bridge.records.dead_letters import Source, check_not_letter, dead_letter_headers, dead_letter_of
from chat_tasks.errors import InvalidRecord
from chat_tasks.settings import Settings
from tests.bridge.messages import ConsumedMessage

SOURCE = Source("instant_message_in", partition=2, offset=41, stage="VALUE_CONVERTER", instance="ingest.1")


def test_the_sender_s_headers_come_first() -> None:
    headers = dead_letter_headers([("correlation_id", b"7")], SOURCE, "InvalidRecord", "sender: Field required")
    assert headers == [
        ("correlation_id", b"7"),
        ("__connect.errors.topic", b"instant_message_in"),
        ("__connect.errors.partition", b"2"),
        ("__connect.errors.offset", b"41"),
        ("__connect.errors.stage", b"VALUE_CONVERTER"),
        ("__connect.errors.task.id", b"ingest.1"),
        ("__connect.errors.exception.class.name", b"InvalidRecord"),
        ("__connect.errors.exception.message", b"sender: Field required"),
    ]


@given(st.lists(st.tuples(st.text(), st.none() | st.binary())), st.text())
def test_a_letter_of_a_letter_keeps_both_stories(original: Headers, reason: str) -> None:
    once = dead_letter_headers(original, SOURCE, "InvalidRecord", reason)
    twice = dead_letter_headers(once, SOURCE, "InvalidRecord", "again")
    assert twice[: len(once)] == once
    assert once[: len(original)] == original
    assert once[-1] == ("__connect.errors.exception.message", reason.encode())


def test_a_header_of_ours_that_a_sender_made_up_is_kept_and_ours_follows() -> None:
    made_up: Headers = [(SENT_AT, b"yesterday")]
    message = ConsumedMessage("instant_message_in", 2, 41, b"\xff", with_headers=made_up, sent_at=500)
    letter = dead_letter_of(message, InvalidRecord("value: no JSON"), Settings())
    assert letter.headers[:2] == [(SENT_AT, b"yesterday"), (SENT_AT, b"500")]


def test_a_letter_has_a_key_even_if_its_record_has_none() -> None:
    message = ConsumedMessage("instant_message_in", 2, 41, b"\xff")
    letter = dead_letter_of(message, InvalidRecord("value: no JSON"), Settings())
    assert letter.key == b"instant_message_in-2-41"


@given(st.lists(st.tuples(st.text(), st.none() | st.binary())), st.lists(st.tuples(st.text(), st.binary())))
def test_a_letter_that_was_sent_again_is_known_whatever_the_tool_has_added(original: Headers, added: Headers) -> None:
    again = [*dead_letter_headers(original, SOURCE, "InvalidRecord", "why"), *added]
    check_not_letter("conversation_log", again)
    check_not_letter("instant_message_in", [])
    with pytest.raises(InvalidRecord, match="headers: they are those of a dead letter of instant_message_in"):
        check_not_letter("instant_message_in", again)
