"""Which rows an erasure blanks, and with which timestamp."""

from typing import Any
from uuid import UUID

import pytest

from chat_tasks.conversation.erasure import Certain, ErasableRow, erasure_timestamp

NOW = 1_700_000_000_000_000
WRITTEN = ErasableRow(5, "bob", ["ann"], "Hi there!", UUID(int=1), 10, 11, 11)
BLANKED = WRITTEN._replace(recipients=[], body="", recipients_written=NOW, body_written=NOW)
DELETED = WRITTEN._replace(recipients=None, body=None, recipients_written=None, body_written=None)


CERTAIN = Certain(NOW, NOW + 1)


@pytest.mark.parametrize("left", [{"body": "Hi"}, {"recipients": ["ann"]}])
def test_a_row_with_a_text_or_a_recipient_is_blanked_whenever_it_was_written(left: dict[str, Any]) -> None:
    assert WRITTEN.is_to_be_erased(CERTAIN)
    assert BLANKED._replace(**left).is_to_be_erased(CERTAIN)


def test_a_blank_row_is_blanked_again_if_a_node_may_have_forgotten_it_or_may_forget_it() -> None:
    assert not BLANKED.is_to_be_erased(CERTAIN)
    assert BLANKED.is_to_be_erased(CERTAIN._replace(since=NOW + 1, until=NOW + 2))
    assert BLANKED.is_to_be_erased(CERTAIN._replace(since=0, until=NOW))


def test_what_somebody_deleted_is_blanked_so_that_it_outlives_the_deletion() -> None:
    assert DELETED.is_blank
    assert DELETED.is_to_be_erased(CERTAIN)


def test_a_message_that_was_sent_blank_is_left_alone() -> None:
    assert not WRITTEN._replace(recipients=[], body="").is_to_be_erased(CERTAIN)


def test_an_erasure_beats_a_row_whose_clock_is_ahead() -> None:
    assert erasure_timestamp(WRITTEN, NOW) == NOW
    assert erasure_timestamp(WRITTEN._replace(body_written=NOW + 5), NOW) == NOW + 6
    assert erasure_timestamp(WRITTEN._replace(recipients_written=NOW + 7), NOW) == NOW + 8
