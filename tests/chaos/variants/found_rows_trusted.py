"""What two variants share: a worker that takes a row it finds at or past its first record for proof of those below it.

Numbers stay right with it, and as long as a batch reaches all of its replicas or none, so do the rows.
"""

from collections.abc import Mapping, Sequence

from chat_tasks.conversation.head_search import Head
from chat_tasks.conversation.records import Row
from chat_tasks.formats.tasks import AppendTask, ConversationBatch, Result
from chat_tasks.storage.writer import RowWriter
from chat_tasks.worker.append import Appender

_allocate = Appender._allocate
_write = RowWriter.write
_newest_found: dict[str, int] = {}


def _note_what_is_found(
    self: Appender,
    task: AppendTask,
    batches: Sequence[ConversationBatch],
    heads: Mapping[str, Head],
    results: dict[str, Result],
) -> dict[str, list[Row]]:
    for key, head in heads.items():
        if head.later:
            _newest_found[key] = head.later[0].sequence
    return _allocate(self, task, batches, heads, results)


def write_what_is_not_found(self: RowWriter, rows: Mapping[str, Sequence[Row]]) -> Mapping[str, Exception]:
    """Only the rows above the newest one that was found."""
    missing = {key: [row for row in mine if row.sequence > _newest_found.get(key, -1)] for key, mine in rows.items()}
    return _write(self, {key: mine for key, mine in missing.items() if mine})


TRUST = [
    (Appender, "_allocate", _note_what_is_found),
    (RowWriter, "write", write_what_is_not_found),
]
