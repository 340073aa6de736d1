"""Broken: numbers come from a counter in Redis, as the textbook has it, instead of from the log."""

from collections.abc import Mapping, Sequence

from chat_tasks.conversation.head_search import Head
from chat_tasks.conversation.records import Row
from chat_tasks.formats.tasks import AppendTask, ConversationBatch, Result
from chat_tasks.redis_client import connect_redis
from chat_tasks.settings import settings
from chat_tasks.worker.append import Appender

_allocate = Appender._allocate


def _allocate_by_counter(
    self: Appender,
    task: AppendTask,
    batches: Sequence[ConversationBatch],
    heads: Mapping[str, Head],
    results: dict[str, Result],
) -> dict[str, list[Row]]:
    with connect_redis(settings()) as redis:
        counted = {
            batch.conversation_key: Head(
                int(redis.incrby(f"sequence:{batch.conversation_key}", len(batch.records))) - len(batch.records) - 1
            )
            for batch in batches
            if batch.conversation_key in heads
        }
    return _allocate(self, task, batches, counted, results)


PATCHES = [
    (Appender, "_allocate", _allocate_by_counter),
]
