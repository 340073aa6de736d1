"""What a worker says of a task in its hands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.worker.remote_control.in_hand import TaskInHand, task_in_hand


@pytest.mark.parametrize(
    ("summary", "conversations", "records"),
    [("(3 conversations, 40 records)", 3, 40), ("(1 conversations, 2 requests)", 1, 2), ("('a text',)", None, None)],
)
def test_its_size_is_what_its_sender_wrote(summary: str, conversations: int | None, records: int | None) -> None:
    assert task_in_hand("append-17-4", "chat.00", summary, 1.5) == TaskInHand(
        "append-17-4", "append", "chat.00", conversations, records, 1.5
    )


@given(st.text(), st.text(), st.none() | st.floats(allow_nan=False))
def test_whatever_somebody_puts_into_a_queue_is_told_briefly(task_id: str, summary: str, seconds: float | None) -> None:
    told = task_in_hand(task_id, "chat.00", summary, seconds)
    assert len(told.task_id) <= 100
    assert told.kind in {"append", "replay", "latest", ""}
    assert told.seconds is None or told.seconds >= 0
