"""What became of tasks, how large they were, and how long they took."""

from collections import Counter
from collections.abc import Iterator

from bridge.dispatch.work import OutgoingTask, TaskKind
from chat_tasks.metrics import definitions
from chat_tasks.metrics.histogram import Histogram
from chat_tasks.metrics.metric import Sample

_RECORDS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)


class TaskCounts:
    """The tasks of one dispatch process.

    `ProcessState` owns the counts, and they outlive assignments and loops. `InFlight` and `Dispatch` add to them in the
    loop's thread, once for each task; the thread that answers a Prometheus server reads. No method raises.
    """

    def __init__(self) -> None:
        outcomes = ("answered", "lost", "forgotten")
        self._outcomes: Counter[tuple[str, ...]] = Counter(
            {(kind, outcome): 0 for kind in TaskKind for outcome in outcomes}
        )
        self._records = {kind: Histogram(_RECORDS) for kind in TaskKind}
        self._wait = {kind: Histogram() for kind in TaskKind}
        self._duration = {kind: Histogram() for kind in TaskKind}

    def answered(self, task: OutgoingTask, round_trip: float, seconds: float) -> None:
        """Count a task that was answered, after `round_trip` seconds; the worker's own time was `seconds`."""
        kind = task.kind
        self._outcomes[kind, "answered"] += 1
        self._records[kind].observe(task.records)
        self._wait[kind].observe(round_trip - seconds)
        self._duration[kind].observe(seconds)

    def lost(self, kind: TaskKind) -> None:
        """Count a task that was overdue and not in its queue."""
        self._outcomes[kind, "lost"] += 1

    def forgotten(self, kind: TaskKind, tasks: int) -> None:
        """Count tasks that Redis has forgotten, or may have forgotten."""
        self._outcomes[kind, "forgotten"] += tasks

    def samples(self) -> Iterator[Sample]:
        """What was counted."""
        yield from definitions.TASKS.samples_of_several(self._outcomes)
        yield from definitions.TASK_RECORDS.samples(self._records)
        yield from definitions.TASK_WAIT.samples(self._wait)
        yield from definitions.TASK_DURATION.samples(self._duration)
