"""A row beside a record: what differs is marked, and nothing else."""

import re
from datetime import UTC, datetime
from html import unescape
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from bridge.records.log_record import LogRecord
from bridge.records.quarantine_letters import Letter
from chat_tasks.conversation.pages import StoredMessage
from chat_tasks.formats.topics import InstantMessage, encode_message
from console.quarantine.difference import differences, marked

LOG = UUID(int=1)
PLAIN = st.text(st.characters(codec="ascii", categories=["L"]))


def test_each_field_says_whether_it_differs() -> None:
    row = StoredMessage(
        5, "ann", ["bob"], "hello", datetime.fromtimestamp(1, UTC), is_erased=False, log_id=LOG, log_offset=7
    )
    message = InstantMessage(conversationKey="c", sender="ann", recipients=["bob"], body="bye")
    letter = Letter("c", LogRecord(0, 9, b"1000", encode_message(message), [], replay=False), str(LOG))
    found = {one.field: one for one in differences(row, letter)}
    assert {name for name, one in found.items() if one.differs} == {"written from", "body"}
    assert (found["body"].row, found["body"].record) == ("hello", "bye")
    assert found["sent at"].row == "1970-01-01T00:00:01.000+00:00"
    assert all(one.row is None for one in differences(None, letter))
    assert all(one.record is None for one in differences(row, None))


@given(PLAIN, PLAIN, PLAIN, PLAIN)
def test_what_is_marked_lies_between_what_both_have(start: str, one: str, other: str, end: str) -> None:
    text, beside = f"{start}{one}{end}", f"{start}{other}{end}"
    shown, shown_beside = str(marked(text, beside)), str(marked(beside, text))
    assert unescape(re.sub("</?mark>", "", shown)) == text
    if text == beside:
        assert "<mark>" not in shown
        return
    pieces = [re.split("</?mark>", part) for part in (shown, shown_beside)]
    assert pieces[0][0] == pieces[1][0]
    assert pieces[0][2] == pieces[1][2]
    assert pieces[0][1] != pieces[1][1]
    assert len(pieces[0][0]) >= len(start)
