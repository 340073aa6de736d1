"""Which row, and which record of the log, the reason of a quarantine is about.

The reasons are those of `ConversationConflict`, as `sequencer.py` and `head_search.py` write them.
"""

import re
from typing import NamedTuple

_REASONS = tuple(
    map(
        re.compile,
        (
            r"row (\d+) was written from offset \d+ of log \S+, the log now has offset (\d+) of log \S+ there",
            r"row (\d+) was written from offset (\d+), which would now get \d+",
            r"row (\d+) holds another text than offset (\d+) of the log",
            r"row (\d+) was written and is gone()",
        ),
    )
)


class Contradiction(NamedTuple):
    """The number of a row, and the offset of the record that contradicts it; None if the row is gone."""

    sequence: int
    log_offset: int | None


def read_reason(reason: str) -> Contradiction | None:
    """What a reason is about; None if another version has written it."""
    for pattern in _REASONS:
        if (found := pattern.match(reason)) is not None:
            return Contradiction(int(found[1]), int(found[2]) if found[2] else None)
    return None
