"""Long conversations in buckets."""

from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.buckets import bucket_of, first_sequence, split_by_bucket

sizes = st.integers(1, 50)


def test_three_rows_a_bucket() -> None:
    assert [bucket_of(sequence, 3) for sequence in range(7)] == [0, 0, 0, 1, 1, 1, 2]
    assert [first_sequence(bucket, 3) for bucket in range(3)] == [0, 3, 6]


def test_a_run_is_cut_at_the_boundaries() -> None:
    assert list(split_by_bucket(first=4, count=6, bucket_size=3)) == [(1, 0, 2), (2, 2, 5), (3, 5, 6)]


def test_nothing_is_cut_into_nothing() -> None:
    assert not list(split_by_bucket(first=4, count=0, bucket_size=3))


@given(st.integers(0, 2**62), sizes)
def test_a_number_lies_in_its_bucket(sequence: int, size: int) -> None:
    bucket = bucket_of(sequence, size)
    assert first_sequence(bucket, size) <= sequence < first_sequence(bucket + 1, size)


@given(st.integers(0, 1000), st.integers(0, 200), sizes)
def test_the_parts_are_the_whole_in_order(first: int, count: int, size: int) -> None:
    parts = list(split_by_bucket(first, count, size))
    assert [position for _, start, stop in parts for position in range(start, stop)] == list(range(count))
    assert all({bucket_of(first + position, size) for position in range(*part)} == {bucket} for bucket, *part in parts)
    assert len({bucket for bucket, _, _ in parts}) == len(parts)
