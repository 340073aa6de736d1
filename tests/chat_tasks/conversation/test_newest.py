"""The newest messages, over buckets and gaps: what is read against what is stored."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.conversation.newest import (
    FirstBucketQuery,
    OriginQuery,
    PointerQuery,
    Query,
    RowsQuery,
    WantedMessages,
    chatter_size,
    newest_messages,
)
from chat_tasks.conversation.records import Chatter
from chat_tasks.formats.topics import encode_block
from tests.chat_tasks.texts import texts

ENDLESS = 1_000_000
LOG, OLDER_LOG = UUID(int=2), UUID(int=1)


def chatter_of(sequence: int) -> Chatter:
    return "bob", f"message {sequence}", sequence


class Page:
    """Rows like the driver's: their own iterator, which begins anew when it is asked for."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._remaining = iter(rows)

    def __iter__(self) -> "Page":
        self._remaining = iter(self._rows)
        return self

    def __next__(self) -> tuple[Any, ...]:
        return next(self._remaining)


def read(
    stored: Collection[int],
    wanted: WantedMessages,
    bucket_size: int,
    largest_bytes: int = ENDLESS,
    asked: list[Query] | None = None,
    *,
    first_of_this_log: int = 0,
    has_mark: bool = True,
    has_pointer: bool = True,
) -> list[int]:
    """The numbers shown where rows with these are stored; `asked` gets the queries.

    Rows come from the offsets of their numbers; those below `first_of_this_log` come from an older log.
    """
    newest_bucket = max(stored, default=0) // bucket_size
    marked = newest_bucket if newest_bucket and has_mark else None
    reading = newest_messages(wanted, bucket_size, largest_bytes)
    try:
        query = next(reading)
        while True:
            if asked is not None:
                asked.append(query)
            if isinstance(query, PointerQuery):
                # Bucket 0 has no pointer.
                query = reading.send([(newest_bucket,)] if newest_bucket and has_pointer else [])
            elif isinstance(query, OriginQuery):
                assert query.sequence in stored
                assert query.bucket == query.sequence // bucket_size
                log = OLDER_LOG if query.sequence < first_of_this_log else LOG
                query = reading.send([(log, query.sequence)])
            elif isinstance(query, FirstBucketQuery):
                first = sorted((one for one in stored if one < bucket_size), reverse=True)[: query.most]
                rows = [(*chatter_of(one), marked) for one in first]
                query = reading.send(Page(rows or ([(None, None, None, marked)] if marked else [])))
            else:
                below = [one for one in stored if one // bucket_size == query.bucket and one < query.below]
                query = reading.send(Page([chatter_of(one) for one in sorted(below, reverse=True)[: query.most]]))
    except StopIteration as end:
        chatter: list[Chatter] = end.value
    assert chatter == [chatter_of(sequence) for _, _, sequence in chatter]
    return [sequence for _, _, sequence in chatter]


def shown(stored: Collection[int], wanted: WantedMessages) -> list[int]:
    """By definition: the newest numbers of which none lies above a gap, unless what is just above it is published."""
    below = sorted((one for one in stored if wanted.before is None or one < wanted.before), reverse=True)
    run: list[int] = []
    for sequence in [*below, -1]:
        if len(run) == wanted.most:
            break
        if run and run[-1] != sequence + 1 and run[-1] >= wanted.published:
            run = []
        run = [*run, sequence]
    return [one for one in run[::-1] if one >= 0]


@given(
    acknowledged=st.integers(0, 30),
    others=st.sets(st.integers(0, 8)),
    wanted=st.builds(
        WantedMessages,
        st.just("abc123"),
        st.integers(1, 12),
        st.none() | st.integers(0, 40),
        st.just(LOG),
        st.integers(0, 30),
    ),
    bucket_size=st.integers(1, 12),
)
def test_gaps_and_buckets_are_minded(
    acknowledged: int, others: set[int], wanted: WantedMessages, bucket_size: int
) -> None:
    """Of the rows that are not acknowledged some may be there, and none of them past the bucket of the first."""
    first = acknowledged
    above = {first + one for one in others if (first + one) // bucket_size == first // bucket_size}
    stored = {*range(acknowledged), *above}
    wanted = wanted._replace(published=min(wanted.published, acknowledged))
    assert read(stored, wanted, bucket_size) == shown(stored, wanted)


@given(
    stored=st.sets(st.integers(0, 40)),
    most=st.integers(1, 45),
    before=st.none() | st.integers(0, 45),
    bucket_size=st.integers(1, 12),
    has_mark=st.booleans(),
)
def test_whatever_rows_were_deleted_all_that_are_left_are_shown(
    stored: set[int], most: int, before: int | None, bucket_size: int, *, has_mark: bool
) -> None:
    """Either of what tells of later buckets may be gone, if it is not both of what bucket 0 tells."""
    wanted = WantedMessages("abc123", most, before, LOG, 41)
    left = sorted(one for one in stored if before is None or one < before)
    has_pointer = not has_mark or bucket_size % 2 == 0
    if not has_mark:
        stored |= {bucket_size - 1}
        left = sorted(one for one in stored if before is None or one < before)
    assert read(stored, wanted, bucket_size, has_mark=has_mark, has_pointer=has_pointer) == left[-most:]


def test_what_is_published_is_not_known_without_offsets_and_of_a_row_in_parts() -> None:
    for log_id, row in ((None, (LOG, 5)), (LOG, (None, None)), (LOG, (LOG, None))):
        reading = newest_messages(WantedMessages("abc123", 10, None, log_id, 100), 10, ENDLESS)
        next(reading)
        assert reading.send([(*chatter_of(5), None)]) == OriginQuery("abc123", 0, 5)
        with pytest.raises(StopIteration) as end:
            reading.send([row])
        assert end.value.value == []


def test_rows_of_an_older_log_are_published() -> None:
    wanted = WantedMessages("abc123", 10, None, LOG, 0)
    assert read({3, 4, 7, 8}, wanted, 10, first_of_this_log=5) == [3, 4]
    assert read({3, 4, 7, 8}, wanted, 10, first_of_this_log=8) == [3, 4, 7, 8]


def test_a_message_of_which_columns_were_deleted_has_empty_texts() -> None:
    reading = newest_messages(WantedMessages("abc123", 10, None), 10, ENDLESS)
    next(reading)
    with pytest.raises(StopIteration) as end:
        reading.send([("bob", None, 1, None), (None, "Hi there!", 0, None)])
    assert end.value.value == [("", "Hi there!", 0), ("bob", "", 1)]


@given(
    count=st.integers(1, 40), most=st.integers(1, 50), bucket_size=st.integers(1, 12), most_bytes=st.integers(0, 900)
)
def test_a_block_that_grows_too_large_keeps_its_newest(
    count: int, most: int, bucket_size: int, most_bytes: int
) -> None:
    found = read(range(count), WantedMessages("abc123", most, None), bucket_size, most_bytes)
    assert found == list(range(count - len(found), count))
    size = sum(chatter_size(chatter_of(one)) for one in found)
    assert len(found) == 1 or size <= most_bytes
    if len(found) < min(count, most):
        assert size + chatter_size(chatter_of(count - len(found) - 1)) > most_bytes


def test_nobody_reads_for_no_message() -> None:
    asked: list[Query] = []
    assert read([0, 1], WantedMessages("abc123", 0, None), bucket_size=10, asked=asked) == []
    assert asked == []


@pytest.mark.parametrize("most", [2, 10])
@pytest.mark.parametrize("before", [None, 10])
def test_one_query_is_enough_where_one_bucket_is(before: int | None, most: int) -> None:
    asked: list[Query] = []
    assert read(range(9), WantedMessages("abc123", most, before), bucket_size=10, asked=asked)
    assert asked == [FirstBucketQuery("abc123", most) if before is None else RowsQuery("abc123", 0, 10, most)]


def test_a_full_bucket_has_its_pointer_read() -> None:
    asked: list[Query] = []
    assert read(range(25), WantedMessages("abc123", 2, None), bucket_size=10, asked=asked) == [23, 24]
    assert asked == [
        FirstBucketQuery("abc123", 2),
        PointerQuery("abc123"),
        RowsQuery("abc123", 2, 30, 2),
    ]


@given(before=st.integers(2**31, 2**63 - 1))
def test_who_pages_back_from_beyond_the_end_sees_the_newest(before: int) -> None:
    asked: list[Query] = []
    assert read(range(8), WantedMessages("abc123", 3, before), bucket_size=1, asked=asked) == [5, 6, 7]
    assert all(query.bucket < 2**31 for query in asked if isinstance(query, RowsQuery))


@given(texts, st.lists(st.tuples(texts, texts, st.integers(0, 2**63 - 1)), min_size=1, max_size=5))
def test_sizes_of_messages_add_up_to_the_block(key: str, chatter: list[Chatter]) -> None:
    commas = len(chatter) - 1
    empty = len(encode_block(key, []))
    assert empty + commas + sum(chatter_size(one) - 1 for one in chatter) == len(encode_block(key, chatter))
