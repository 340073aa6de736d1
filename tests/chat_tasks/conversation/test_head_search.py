"""The head is the newest row from before the task's first record, however many rows lie above it."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.conversation.buckets import bucket_of
from chat_tasks.conversation.head_search import Head, Search, check_nothing_deleted, search_downwards
from chat_tasks.conversation.records import NO_HEAD, StoredRow
from chat_tasks.errors import ConversationConflict

BUCKET_SIZE = 3
OWN, OLDER = UUID(int=2), UUID(int=1)


def stored(sequence: int, offset: int | None, log: UUID | None = OWN) -> StoredRow:
    """Part of a row where the offset or the log is None."""
    return StoredRow(sequence, log, offset, "bob", ["ann"], "hello", 1, 1, 1)  # type: ignore[arg-type]


def head(rows: list[StoredRow], first_offset: int, newest_bucket: int | None = None) -> tuple[Head, list[int]]:
    """What the search comes to, and the buckets that it asked for."""
    if newest_bucket is None:
        newest_bucket = bucket_of(len(rows) - 1, BUCKET_SIZE) if rows else 0
    search: Search = search_downwards("abc123", newest_bucket, first_offset, OWN)
    query = next(search)
    asked: list[int] = []
    while True:
        asked.append(query.bucket)
        mine = [row for row in reversed(rows) if bucket_of(row.sequence, BUCKET_SIZE) == query.bucket]
        try:
            query = search.send(mine)
        except StopIteration as end:
            return end.value, asked


@given(st.integers(0, 10), st.integers(0, 12))
def test_every_row_from_the_first_record_on_is_later(length: int, first_offset: int) -> None:
    rows = [stored(number, number) for number in range(length)]
    found, _ = head(rows, first_offset)
    assert found.sequence == min(length, first_offset) - 1
    assert [row.sequence for row in found.later] == list(range(length - 1, found.sequence, -1))


def test_it_asks_for_no_bucket_below_the_head() -> None:
    rows = [stored(number, number) for number in range(9)]
    assert head(rows, 7) == (Head(6, (rows[8], rows[7])), [2])
    assert head(rows, 4)[1] == [2, 1]


def test_a_pointer_to_an_empty_bucket_means_the_one_before() -> None:
    found, asked = head([stored(0, 0)], 1, newest_bucket=2)
    assert found == Head(0)
    assert asked == [2, 1, 0]


def test_a_row_of_another_log_lies_before() -> None:
    assert head([stored(0, 90, OLDER), stored(1, 5)], 0)[0] == Head(0, (stored(1, 5),))


def test_a_conversation_without_rows_has_no_head() -> None:
    assert head([], 0) == (Head(NO_HEAD), [0])


@given(st.integers(1, 10), st.data())
def test_the_row_of_the_first_record_tells_the_head_whatever_was_deleted_below(
    length: int, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, length - 1))
    left = [stored(number, number) for number in range(length) if number >= first or data.draw(st.booleans())]
    found, _ = head(left, first, bucket_of(length - 1, BUCKET_SIZE))
    assert (found.sequence, found.later) == (first - 1, tuple(left[-1 : -(length - first) - 1 : -1]))


def test_what_bucket_0_tells_of_later_buckets_is_no_row() -> None:
    search = search_downwards("abc123", 0, 5, OWN)
    next(search)
    with pytest.raises(StopIteration) as end:
        search.send([(None,) * len(StoredRow._fields)])
    assert end.value.value == Head(NO_HEAD)


def test_a_head_below_what_was_written_is_a_conflict() -> None:
    check_nothing_deleted(Head(8, least=8))
    with pytest.raises(ConversationConflict, match="row 8 was written and is gone; the newest row left is 7"):
        check_nothing_deleted(Head(7, least=8))


def test_part_of_a_row_is_no_head_and_nothing_to_compare_with() -> None:
    for part in (stored(1, None), stored(1, None, None)):
        assert head([stored(0, 0), part], 5)[0] == Head(0)
