"""What a worker does with an append task: lock, find heads, allocate, write, answer conversation by conversation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat_tasks.conversation.head_search import Head, check_nothing_deleted
from chat_tasks.conversation.records import Row
from chat_tasks.conversation.sequencer import allocate, check_agreement
from chat_tasks.errors import ConversationConflict, DependencyUnavailable, NodeRestarted
from chat_tasks.formats.tasks import Answer, AppendTask, ConversationBatch, Failure, Result
from chat_tasks.storage.generations import NodeGenerations
from chat_tasks.storage.heads import HeadReader
from chat_tasks.storage.session import describe_cassandra_error
from chat_tasks.storage.writer import RowWriter
from chat_tasks.worker.locks import ConversationLocks

_BUSY = Failure(Answer.BUSY, "a later assignment holds the lock")


@dataclass(frozen=True, slots=True)
class Appender:
    """Carries out append tasks on the storage of one worker process.

    `WorkerResources` owns the appender, and it lives as long as the worker process, which works on one task at a time.
    It keeps nothing from one task to the next. Invariants: a conversation's rows are written only with a head that the
    task carries or that was read under the task's generations; and rows that contradict stored rows are never written.
    If Redis fails, `redis.RedisError` is raised; a failure of Cassandra becomes the conversation's result.
    """

    heads: HeadReader
    writer: RowWriter
    generations: NodeGenerations
    bucket_size: int

    def append(self, task: AppendTask, locks: ConversationLocks) -> list[Result]:
        """One result for each conversation, in the task's order: the first number given, or why there is none.

        Raises `redis.RedisError` if the locks could not be asked for; a failure of Cassandra becomes a result.
        """
        keys = [batch.conversation_key for batch in task.conversations]
        results: dict[str, Result] = dict.fromkeys(locks.acquire(keys), _BUSY)
        held = [batch for batch in task.conversations if batch.conversation_key not in results]
        heads = self._find_heads(task, held, results)
        rows = self._allocate(task, held, heads, results)
        for key, error in self.writer.write(rows).items():
            results[key] = Failure(Answer.RETRY, describe_cassandra_error(error))
        for key, mine in rows.items():
            results.setdefault(key, mine[0].sequence)
        return [results[key] for key in keys]

    def _find_heads(
        self, task: AppendTask, batches: Sequence[ConversationBatch], results: dict[str, Result]
    ) -> dict[str, Head]:
        heads = {batch.conversation_key: Head(batch.head) for batch in batches if batch.head is not None}
        unknown = {batch.conversation_key: batch.records[0].offset for batch in batches if batch.head is None}
        if not unknown:
            return heads
        read = self.heads.read(unknown, task.log_id)
        stale = self._why_stale(task)
        for key, head in read.items():
            if isinstance(head, Exception):
                results[key] = Failure(Answer.RETRY, describe_cassandra_error(head))
            elif stale is not None:
                results[key] = Failure(Answer.RETRY, stale)
            else:
                heads[key] = head
        return heads

    def _why_stale(self, task: AppendTask) -> str | None:
        try:
            self.generations.check(task.generations, self.heads.replicas.take())
        except (NodeRestarted, DependencyUnavailable) as error:
            return str(error)
        return None

    def _allocate(
        self,
        task: AppendTask,
        batches: Sequence[ConversationBatch],
        heads: Mapping[str, Head],
        results: dict[str, Result],
    ) -> dict[str, list[Row]]:
        allocated: dict[str, list[Row]] = {}
        for batch in batches:
            key = batch.conversation_key
            if key not in heads:
                continue
            try:
                rows = allocate(key, heads[key].sequence, batch.records, task.log_id, self.bucket_size)
                check_nothing_deleted(heads[key])
                check_agreement(rows, heads[key].later)
            except (ConversationConflict, ValueError) as error:
                results[key] = Failure(Answer.REFUSED, str(error))
            else:
                allocated[key] = rows
        return allocated
