"""What a worker does with a latest-messages task: all requests for a conversation's newest messages share one read."""

from collections import defaultdict
from dataclasses import dataclass

from chat_tasks.conversation.newest import WantedMessages
from chat_tasks.errors import DependencyUnavailable, NodeRestarted
from chat_tasks.formats.tasks import Answer, Failure, LatestRequest, LatestTask, Result
from chat_tasks.formats.topics import encode_block
from chat_tasks.storage.generations import NodeGenerations
from chat_tasks.storage.history import Found, HistoryReader
from chat_tasks.storage.session import describe_cassandra_error


@dataclass(frozen=True, slots=True)
class LatestMessages:
    """Carries out latest-messages tasks on the storage of one worker process.

    `WorkerResources` owns the object, and it lives as long as the worker process, which works on one task at a time. It
    keeps nothing from one task to the next. Invariant: messages that were read are answered only if no node has started
    since the task's generations were taken. It raises nothing for a failed read or check: the requests are answered
    `retry`.
    """

    history: HistoryReader
    generations: NodeGenerations

    def answer(self, task: LatestTask) -> list[Result]:
        """One result for each request, in the task's order: the block's JSON, or why there is none."""
        counts: dict[tuple[str, int | None], int] = defaultdict(int)
        for request in task.requests:
            read = request.conversation_key, request.before
            counts[read] = max(counts[read], request.count)
        found = self.history.newest([WantedMessages(key, count, before) for (key, before), count in counts.items()])
        blocks = dict(zip(counts, found, strict=True))
        if any(counts.values()):
            try:
                self.generations.check(task.generations)
            except (NodeRestarted, DependencyUnavailable) as error:
                return [Failure(Answer.RETRY, str(error)) for _ in task.requests]
        return [self._result(request, blocks[request.conversation_key, request.before]) for request in task.requests]

    @staticmethod
    def _result(request: LatestRequest, read: Found) -> Result:
        if isinstance(read, Exception):
            return Failure(Answer.RETRY, describe_cassandra_error(read))
        newest = read[max(0, len(read) - request.count) :]
        return encode_block(request.conversation_key, newest).decode()
