"""A long conversation is cut into buckets of a fixed number of rows, each one Cassandra partition."""

# Of Cassandra's `int`; who pages back from farther up than any conversation reaches is shown the newest messages.
HIGHEST_BUCKET = 2**31 - 1


def bucket_of(sequence: int, bucket_size: int) -> int:
    """The bucket that holds the row with this sequence number."""
    return sequence // bucket_size


def first_sequence(bucket: int, bucket_size: int) -> int:
    """The lowest sequence number of a bucket."""
    return bucket * bucket_size
