"""What is taken from a published record: its headers are whatever its sender has given it."""

import pytest

from bridge.kafka.headers import Headers
from console.conversation.announcements import TICKET, announcement_of
from tests.bridge.messages import ConsumedMessage

SEVENTH = b'{"conversationKey":"k","sender":"s","recipients":[],"conversationMsgSeq":7,"body":""}'


def published(value: bytes | None, headers: Headers) -> ConsumedMessage:
    return ConsumedMessage("instant_message_out", 0, 0, value, b"k", headers)


@pytest.mark.parametrize(
    ("headers", "ticket"), [([], None), ([(TICKET, None)], None), ([("other", b"t")], None), ([(TICKET, b"t")], "t")]
)
def test_the_number_comes_with_the_ticket_if_there_is_one(headers: Headers, ticket: str | None) -> None:
    assert announcement_of(published(SEVENTH, headers)) == (7, ticket)


def test_a_ticket_that_is_no_text_is_nobody_s() -> None:
    announcement = announcement_of(published(SEVENTH, [(TICKET, b"\xff")]))
    assert announcement is not None
    assert announcement[0] == 7


@pytest.mark.parametrize("value", [None, b"", b"[]", b"7", b"{}", b'{"conversationMsgSeq":null}', b"\xff"])
def test_what_is_no_message_is_passed_over(value: bytes | None) -> None:
    assert announcement_of(published(value, [])) is None
