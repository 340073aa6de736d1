"""However much is refused, the log has one line a minute of it."""

import logging

import pytest

from chat_tasks.log_rate.refusals import Refusals


def test_the_first_is_said_at_once_and_the_others_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusals = Refusals(logging.getLogger("test"))
    for number in range(5):
        refusals.add("a task", "it is not signed", now=1_000 + 20 * number)
    assert [record.getMessage() for record in caplog.records] == [
        "a task is refused: it is not signed (1 refused until now)",
        "a task is refused: it is not signed (4 refused until now)",
    ]
