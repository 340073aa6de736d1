"""What workers answered and did, as their replies say: the workers' processes show none of it themselves."""

from collections import Counter
from collections.abc import Iterator

from bridge.dispatch.work import Outcome, OutgoingTask, TaskKind
from chat_tasks.formats.tasks import Reply
from chat_tasks.metrics import definitions
from chat_tasks.metrics.metric import Sample

_OPERATIONS = ("locks", "heads", "rows", "history")
# Reasons are lines for people, of workers of any version: the first of these that a reason contains tells its kind.
_REASONS = {
    "a later assignment holds the lock": "lock",
    "no Cassandra node answers": "cassandra",
    "Cassandra node ": "node_started",
    "Cassandra: ": "cassandra",
    "a worker gave the number": "number",
    " is not supported by this process": "version",
}
_OTHER = "other"


def reason_of(text: str) -> str:
    """The kind of a reason for which a conversation or request is tried again, of a closed list."""
    return next((kind for part, kind in _REASONS.items() if part in text), _OTHER)


class WorkCounts:
    """What the workers did for one dispatch process.

    `ProcessState` owns the counts, and they outlive assignments and loops. `AssignmentState` adds to them in the loop's
    thread, once for each reply; the thread that answers a Prometheus server reads. A worker of before says nothing of
    its work, so that only its answers are counted. No method raises.
    """

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, ...]] = Counter({(kind, "done", ""): 0 for kind in TaskKind})
        self._locks = {"taken": 0, "refused": 0}
        self._heads = {"carried": 0, "read": 0}
        self._seconds = dict.fromkeys(_OPERATIONS, 0.0)
        self._requests: Counter[tuple[str, ...]] = Counter(
            {(operation, outcome): 0 for operation in _OPERATIONS for outcome in ("succeeded", "failed")}
        )
        self._rows = 0

    def replied(self, task: OutgoingTask, reply: Reply, outcome: Outcome) -> None:
        """Count a reply to a task that was in flight, and what came of it."""
        kind = task.kind
        done = len(outcome.finished) if kind is TaskKind.LATEST else len(reply.results) - len(outcome.refused)
        for reason, count in outcome.retries.items():
            known = reason_of(reason)
            self._answers[kind, "busy" if known == "lock" else "retry", known] += count
            done -= 0 if kind is TaskKind.LATEST else count
        if outcome.refused:
            self._answers[kind, "refused", "rows"] += len(outcome.refused)
        self._answers[kind, "done", ""] += done
        if task.heads:
            read = task.heads.count(None)
            self._heads["read"] += read
            self._heads["carried"] += len(task.heads) - read
        if (work := reply.work) is None:
            return
        self._rows += work.rows
        self._locks["taken"] += work.locks_taken
        self._locks["refused"] += work.locks_refused
        for operation in _OPERATIONS:
            if (requests := work.requests.get(operation)) is not None:
                self._seconds[operation] += requests.seconds
                self._requests[operation, "succeeded"] += requests.succeeded
                self._requests[operation, "failed"] += requests.failed

    def samples(self) -> Iterator[Sample]:
        """What was counted."""
        yield from definitions.ANSWERS.samples_of_several(self._answers)
        yield from definitions.LOCKS.samples(self._locks)
        yield from definitions.HEADS.samples(self._heads)
        yield from definitions.STORAGE_SECONDS.samples(self._seconds)
        yield from definitions.STORAGE_REQUESTS.samples_of_several(self._requests)
        yield definitions.ROWS_WRITTEN.sample(self._rows)
