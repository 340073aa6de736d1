"""A long conversation is cut into buckets of a fixed number of rows, each one Cassandra partition."""

from collections.abc import Iterator


def bucket_of(sequence: int, bucket_size: int) -> int:
    """The bucket that holds the row with this sequence number."""
    return sequence // bucket_size


def first_sequence(bucket: int, bucket_size: int) -> int:
    """The lowest sequence number of a bucket."""
    return bucket * bucket_size


def split_by_bucket(first: int, count: int, bucket_size: int) -> Iterator[tuple[int, int, int]]:
    """Cut the sequence numbers `first … first + count - 1` at bucket boundaries.

    Yields (bucket, start, stop): the part `start … stop - 1` of the count, counted from 0, that falls into `bucket`.
    """
    start = 0
    while start < count:
        bucket = bucket_of(first + start, bucket_size)
        stop = min(count, first_sequence(bucket + 1, bucket_size) - first)
        yield bucket, start, stop
        start = stop
