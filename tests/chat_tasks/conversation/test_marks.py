"""The second row of a conversation has a mark, in whatever chunk it comes; no other row of bucket 0 has one."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.conversation.chunks import cut_into_chunks
from chat_tasks.conversation.marks import mark_of_bucket, mark_of_conversation, mark_timestamp
from chat_tasks.conversation.records import TaskRecord, Text
from chat_tasks.conversation.row_values import row_values
from chat_tasks.conversation.sequencer import allocate

LOG = UUID(int=1)
YEAR_9999 = 253_402_300_799_000_000


@given(st.integers(-1, 3), st.integers(1, 6), st.integers(1, 4), st.integers(1, 400))
def test_the_second_row_has_a_mark(head: int, count: int, bucket_size: int, largest: int) -> None:
    records = [TaskRecord(100 + number, 0, Text("bob", ["ann"], "hi")) for number in range(count)]
    rows = allocate("abc123", head, records, LOG, bucket_size)
    chunks = cut_into_chunks(rows, largest)
    marked = [row for row in rows if row.sequence == 1 and row.bucket == 0]
    assert [chunk.mark for chunk in chunks if chunk.mark is not None] == list(map(mark_of_conversation, marked))
    for row in marked:
        [chunk] = [chunk for chunk in chunks if chunk.mark is not None]
        assert row_values(row) in chunk.rows


def test_no_deletion_hides_a_mark_and_that_of_a_later_bucket_wins() -> None:
    assert YEAR_9999 < mark_timestamp(0) < mark_timestamp(1) < mark_timestamp(2**31 - 1) < 2**63
    [*_, row] = allocate("abc123", 3, [TaskRecord(7, 0, Text("bob", [], "hi"))], LOG, 4)
    assert mark_of_bucket(row) == (2**62 + 1, 1, LOG, 7, "abc123")
