"""What a worker does with a latest-messages task: one read for all requests of a conversation that want its newest."""

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
    """The storage a latest-messages task reads from."""

    history: HistoryReader
    generations: NodeGenerations

    def answer(self, task: LatestTask) -> list[Result]:
        """One result a request, in the task's order: the block's JSON, or why there is none."""
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
