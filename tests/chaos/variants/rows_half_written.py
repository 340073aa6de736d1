"""Broken: a batch counts as written although one of its rows was not."""

from collections.abc import Mapping, Sequence

from chat_tasks.conversation.records import Row
from chat_tasks.storage.writer import RowWriter

_write = RowWriter.write
_EVERY = 50
_count = 0


def _write_most(self: RowWriter, rows: Mapping[str, Sequence[Row]]) -> Mapping[str, Exception]:
    global _count  # noqa: PLW0603 - one process, one writer
    kept: dict[str, Sequence[Row]] = {}
    for key, mine in rows.items():
        _count += 1
        kept[key] = mine[:-1] if _count % _EVERY == 0 else mine
    return _write(self, {key: mine for key, mine in kept.items() if mine})


PATCHES = [
    (RowWriter, "write", _write_most),
]
