"""Broken: the chunks of a conversation are written at once and one fails; the next try finds the others and is content.

Every worker asks for the head itself here: a head that came with the task would hide what is wrong.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from chat_tasks.conversation.head_search import Head
from chat_tasks.conversation.records import Row
from chat_tasks.formats.tasks import AppendTask, ConversationBatch, Result
from chat_tasks.storage.writer import RowWriter
from chat_tasks.worker.append import Appender
from tests.chaos.variants.found_rows_trusted import TRUST, write_what_is_not_found

_find_heads = Appender._find_heads
_EVERY = 5
_count = 0


def _ask_for_all(
    self: Appender, task: AppendTask, batches: Sequence[ConversationBatch], results: dict[str, Result]
) -> Mapping[str, Head]:
    return _find_heads(self, task, [replace(batch, head=None) for batch in batches], results)


def _fail_the_first(self: RowWriter, rows: Mapping[str, Sequence[Row]]) -> Mapping[str, Exception]:
    global _count  # noqa: PLW0603 - one process, one writer
    failed: dict[str, Exception] = {}
    written: dict[str, Sequence[Row]] = {}
    for key, mine in rows.items():
        _count += len(mine) > 1
        if len(mine) > 1 and _count % _EVERY == 0:
            failed[key] = TimeoutError("the first chunk was not written")
        written[key] = mine[1:] if key in failed else mine
    return {**write_what_is_not_found(self, written), **failed}


PATCHES = [
    *TRUST,
    (Appender, "_find_heads", _ask_for_all),
    (RowWriter, "write", _fail_the_first),
]
