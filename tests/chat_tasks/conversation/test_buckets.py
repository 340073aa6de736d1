"""Long conversations in buckets."""

from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.conversation.buckets import bucket_of, first_sequence

sizes = st.integers(1, 50)


def test_three_rows_a_bucket() -> None:
    assert [bucket_of(sequence, 3) for sequence in range(7)] == [0, 0, 0, 1, 1, 1, 2]
    assert [first_sequence(bucket, 3) for bucket in range(3)] == [0, 3, 6]


@given(st.integers(0, 2**62), sizes)
def test_a_number_lies_in_its_bucket(sequence: int, size: int) -> None:
    bucket = bucket_of(sequence, size)
    assert first_sequence(bucket, size) <= sequence < first_sequence(bucket + 1, size)
