"""Buckets: a long conversation is cut into runs of a fixed number of rows, each of them one Cassandra partition."""

# The highest value of Cassandra's `int`. A request that pages back from above every possible row gets the newest
# messages.
HIGHEST_BUCKET = 2**31 - 1


def bucket_of(sequence: int, bucket_size: int) -> int:
    """The bucket that holds the row with this sequence number."""
    return sequence // bucket_size


def first_sequence(bucket: int, bucket_size: int) -> int:
    """The lowest sequence number of a bucket."""
    return bucket * bucket_size
