"""Each reason of a quarantine is understood again."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.conversation.conflicts import Contradiction, read_reason
from chat_tasks.conversation.records import Row, StoredRow
from chat_tasks.conversation.sequencer import check_agreement, write_timestamp
from chat_tasks.errors import ConversationConflict

LOG, ANOTHER = UUID(int=1), UUID(int=2)


def row(sequence: int, offset: int) -> Row:
    return Row("c", 0, sequence, "ann", [], "hello", LOG, offset, 1, write_timestamp(offset))


def stored(sequence: int, log_id: UUID, offset: int, body: str = "hello") -> StoredRow:
    at = write_timestamp(offset)
    return StoredRow(sequence, log_id, offset, "ann", [], body, at, at, at)


def reason_of(ours: Row, found: StoredRow) -> str:
    with pytest.raises(ConversationConflict) as raised:
        check_agreement([ours], [found])
    return str(raised.value)


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_the_reasons_of_the_sequencer_name_the_row_and_the_record(sequence: int, offset: int) -> None:
    ours = row(sequence, offset)
    of_another_log = reason_of(ours, stored(sequence, ANOTHER, 7))
    of_another_text = reason_of(ours, stored(sequence, LOG, offset, "bye"))
    assert read_reason(of_another_log) == read_reason(of_another_text) == Contradiction(sequence, offset)
    of_another_number = reason_of(ours, stored(sequence + 1, LOG, offset))
    assert read_reason(of_another_number) == Contradiction(sequence + 1, offset)


def test_a_row_that_is_gone_has_no_record_beside_it() -> None:
    assert read_reason("row 3 was written and is gone; the newest row left is 9") == Contradiction(3, None)


def test_a_reason_of_another_version_is_not_understood() -> None:
    assert read_reason("row three is odd") is None
