"""Cuts what a batch publishes into pieces, so that a slow Kafka need not take a large batch at once."""

from collections.abc import Iterator, Sequence

from bridge.records.log_record import LogRecord

# The values of a piece: what is published together, and so the least that Kafka has to take at once.
_PIECE_BYTES = 64_000


def pieces(records: Sequence[LogRecord], size: int) -> Iterator[slice]:
    """The pieces of these records that are published apart, in order; the records have at most `size` bytes."""
    start = filled = 0
    if size > _PIECE_BYTES:
        for end, record in enumerate(records, start=1):
            filled += len(record.value)
            if filled >= _PIECE_BYTES:
                yield slice(start, end)
                start, filled = end, 0
    if start < len(records):
        yield slice(start, len(records))
