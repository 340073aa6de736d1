"""Cuts polled records into portions that the loop handles within seconds."""

from collections.abc import Iterator
from typing import Any

_BYTES_POSTED = 8 * 1024 * 1024


def portions(records: list[Any]) -> Iterator[list[Any]]:
    """The records in portions that the loop handles within seconds, however large records are; none if there are none.

    Large records that are refused take long, and meanwhile the loop hears of nothing else.
    """
    size = 0
    start = 0
    if sum(map(len, records)) > _BYTES_POSTED:
        for index, record in enumerate(records):
            size += len(record)
            if size > _BYTES_POSTED and index > start:
                yield records[start:index]
                start, size = index, len(record)
    if records:
        yield records[start:]
