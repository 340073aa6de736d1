"""Cutting rows into chunks, chunks into waves, waves into requests."""

from itertools import islice, pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.conversation.chunks import Chunk, Thresholds, cut_into_chunks, group_into_batches, row_size, waves
from chat_tasks.conversation.records import Row, TaskRecord, Text
from chat_tasks.conversation.row_values import row_values
from chat_tasks.conversation.sequencer import allocate

LOG = UUID(int=1)
ROOMY = Thresholds(batch_bytes=10_000, batch_partitions=100)


def rows_of(key: str, lengths: list[int], *, head: int = -1, bucket_size: int = 1000) -> list[Row]:
    """Rows with bodies of these lengths."""
    records = [TaskRecord(offset, 0, Text("bob", ["ann"], "x" * length)) for offset, length in enumerate(lengths)]
    return allocate(key, head, records, LOG, bucket_size)


def chunk_of(key: str, size: int) -> Chunk:
    """A chunk of one row whose texts matter to nobody."""
    return Chunk(key, 0, tuple(map(row_values, rows_of(key, [0]))), size)


def size_of(row: Row) -> int:
    """Of a row that is not serialized yet."""
    return row_size(row_values(row))


row_lists = st.builds(
    rows_of,
    st.sampled_from(["ann and bob", "😀"]),
    st.lists(st.integers(0, 600), max_size=15),
    head=st.integers(-1, 30),
    bucket_size=st.integers(1, 10),
)
chunk_lists = st.lists(st.builds(cut_into_chunks, row_lists, st.integers(200, 2000)), max_size=5)
wave_lists = st.lists(st.integers(1, 3000), max_size=30).map(
    lambda sizes: [chunk_of(f"conversation {number}", size) for number, size in enumerate(sizes)]
)
threshold_choices = st.builds(Thresholds, st.integers(100, 3000), st.integers(1, 8))


def test_a_short_batch_is_one_chunk() -> None:
    rows = rows_of("abc123", [5, 5, 5], head=1)
    assert cut_into_chunks(rows) == [Chunk("abc123", 0, tuple(map(row_values, rows)), sum(map(size_of, rows)))]


def test_a_chunk_ends_with_its_bucket() -> None:
    rows = rows_of("abc123", [5, 5, 5], head=1, bucket_size=4)
    first, second, third = map(row_values, rows)
    assert [(chunk.bucket, chunk.rows) for chunk in cut_into_chunks(rows)] == [(0, (first, second)), (1, (third,))]


def test_a_chunk_ends_before_it_is_too_large() -> None:
    rows = rows_of("abc123", [100, 100, 100])
    assert [len(chunk.rows) for chunk in cut_into_chunks(rows, largest=2 * size_of(rows[0]))] == [2, 1]


def test_no_rows_make_no_chunk() -> None:
    assert cut_into_chunks([]) == []


def test_bytes_count_not_characters() -> None:
    ascii_row, emoji_row = (
        allocate("k", -1, [TaskRecord(0, 0, Text(sender, [sender], sender))], LOG, 10)[0] for sender in ("x", "😀")
    )
    assert size_of(emoji_row) - size_of(ascii_row) == 3 * 3


@given(row_lists, st.integers(1, 3000))
def test_chunks_are_the_rows_in_order_each_in_one_partition(rows: list[Row], largest: int) -> None:
    chunks = cut_into_chunks(rows, largest)
    assert [values for chunk in chunks for values in chunk.rows] == list(map(row_values, rows))
    remaining = iter(rows)
    for chunk in chunks:
        mine = list(islice(remaining, len(chunk.rows)))
        assert {(row.conversation_key, row.bucket) for row in mine} == {(chunk.conversation_key, chunk.bucket)}
        assert chunk.size == sum(map(row_size, chunk.rows))
        assert chunk.size <= largest or len(chunk.rows) == 1


@given(row_lists, st.integers(1, 3000))
def test_no_chunk_is_smaller_than_it_must_be(rows: list[Row], largest: int) -> None:
    for chunk, following in pairwise(cut_into_chunks(rows, largest)):
        assert chunk.bucket != following.bucket or chunk.size + row_size(following.rows[0]) > largest


def test_waves_take_one_chunk_of_each_conversation_at_a_time() -> None:
    ann, bob, eve = ([chunk_of(f"{name} {number}", 1) for number in range(3)] for name in ("ann", "bob", "eve"))
    assert list(waves([ann, bob[:1], eve[:2]])) == [[ann[0], bob[0], eve[0]], [ann[1], eve[1]], [ann[2]]]


def test_no_conversations_make_no_wave() -> None:
    assert not list(waves([]))


@given(chunk_lists)
def test_a_chunk_waits_for_all_before_it_and_for_no_more(conversations: list[list[Chunk]]) -> None:
    found = list(waves(conversations))
    assert len(found) == max(map(len, conversations), default=0)
    for number, wave in enumerate(found):
        assert wave == [chunks[number] for chunks in conversations if len(chunks) > number]


def test_chunks_for_the_same_node_share_a_request() -> None:
    ann, bob, eve = (chunk_of(name, 100) for name in ("ann", "bob", "eve"))
    batches = group_into_batches([ann, bob, eve], ROOMY, lambda chunk: chunk.conversation_key == "bob")
    assert batches == [[ann, eve], [bob]]


def test_a_chunk_above_the_threshold_goes_alone_and_splits_nobody() -> None:
    ann, large, bob = chunk_of("ann", 100), chunk_of("large", 10_001), chunk_of("bob", 100)
    assert group_into_batches([ann, large, bob], ROOMY, lambda _: None) == [[large], [ann, bob]]


def test_a_request_may_fill_both_thresholds_exactly() -> None:
    chunks = [chunk_of(name, 50) for name in ("ann", "bob", "eve")]
    by_bytes = group_into_batches(chunks, Thresholds(100, 9), lambda _: None)
    by_partitions = group_into_batches(chunks, Thresholds(999, 2), lambda _: None)
    assert by_bytes == by_partitions == [chunks[:2], chunks[2:]]


@given(wave_lists, threshold_choices, st.integers(1, 3))
def test_any_wave_is_sent_whole_within_the_thresholds(wave: list[Chunk], thresholds: Thresholds, nodes: int) -> None:
    node_of = {chunk.conversation_key: chunk.size % nodes for chunk in wave}
    batches = group_into_batches(wave, thresholds, lambda chunk: node_of[chunk.conversation_key])
    sent = [chunk.conversation_key for batch in batches for chunk in batch]
    assert sorted(sent) == sorted(chunk.conversation_key for chunk in wave)
    for batch in batches:
        assert len({node_of[chunk.conversation_key] for chunk in batch}) == 1
        assert len(batch) <= thresholds.batch_partitions
        assert len(batch) == 1 or sum(chunk.size for chunk in batch) <= thresholds.batch_bytes
