"""What a worker does with a latest-messages task: all requests for a conversation's newest messages share one read."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from chat_tasks.conversation.newest import WantedMessages
from chat_tasks.conversation.routing import partition_of
from chat_tasks.errors import DependencyUnavailable, NodeRestarted
from chat_tasks.formats.tasks import Answer, Failure, LatestRequest, LatestTask, Result
from chat_tasks.formats.topics import encode_block
from chat_tasks.storage.generations import NodeGenerations
from chat_tasks.storage.history import Found, HistoryReader
from chat_tasks.storage.session import describe_cassandra_error

# The messages of so many blocks are in memory at once.
_READS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class LatestMessages:
    """Carries out latest-messages tasks on the storage of one worker process.

    `WorkerResources` owns the object, and it lives as long as the worker process, which works on one task at a time. It
    keeps nothing from one task to the next. Invariant: messages that were read are answered only if no node has started
    since the task's generations were taken. It raises nothing for a failed read or check: the requests are answered
    `retry`.

    Blocks are thousands of times larger than requests. So a reply ends once its blocks have `largest_reply` bytes, and
    the requests behind are left unanswered.
    """

    history: HistoryReader
    generations: NodeGenerations
    largest_reply: int

    def answer(self, task: LatestTask) -> list[Result]:
        """A result for each of the task's first requests, at least for one: the block's JSON, or why there is none."""
        counts: dict[tuple[str, int | None], int] = defaultdict(int)
        for request in task.requests:
            read = request.conversation_key, request.before
            counts[read] = max(counts[read], request.count)
        found: dict[tuple[str, int | None], Found] = {}
        results: list[Result] = []
        size = 0
        for request in task.requests:
            read = request.conversation_key, request.before
            if read not in found:
                found |= self._read(task, [one for one in counts.items() if one[0] not in found][:_READS_AT_ONCE])
            block = _block(request, found[read])
            results.append(block.decode() if isinstance(block, bytes) else block)
            size += len(block) if isinstance(block, bytes) else 0
            if size >= self.largest_reply:
                break
        if any(counts.values()):
            try:
                self.generations.check(task.generations, self.history.replicas.take())
            except (NodeRestarted, DependencyUnavailable) as error:
                return [Failure(Answer.RETRY, str(error)) for _ in task.requests]
        return results

    def _read(
        self, task: LatestTask, wanted: Sequence[tuple[tuple[str, int | None], int]]
    ) -> dict[tuple[str, int | None], Found]:
        found = self.history.newest(
            [WantedMessages(key, count, before, task.log_id, _published(task, key)) for (key, before), count in wanted]
        )
        return {read: one for (read, _), one in zip(wanted, found, strict=True)}


def _block(request: LatestRequest, read: Found) -> bytes | Failure:
    if isinstance(read, Exception):
        return Failure(Answer.RETRY, describe_cassandra_error(read))
    return encode_block(request.conversation_key, read[max(0, len(read) - request.count) :])


def _published(task: LatestTask, conversation_key: str) -> int:
    """The offset in the conversation's partition of the log below which every record is published."""
    partitions = len(task.published)
    return task.published[partition_of(conversation_key.encode(), partitions)] if partitions else 0
