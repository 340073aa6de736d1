"""When a task that was not answered is to be asked after.

The deadline runs only while the task is not waiting in its queue: one that waits is not lost, and copies of it must not
pile up while no worker runs. So an overdue task is looked for in its queue first; found there, it gets a new deadline.

Nor must copies pile up where servers are slow and tasks large: a deadline is several times what tasks took of late,
also because one may wait behind another in the hands of a worker.
"""

import heapq
from collections.abc import Iterable

from bridge.loop.adaptive_timeout import AdaptiveTimeout

_LONGEST = 30.0
_LONGEST_EXPECTED = 10.0


class Deadlines:
    """Times are seconds of any monotonic clock.

    A task's deadline doubles with each loss: a slow worker is not a dead one.
    """

    def __init__(self, seconds: float) -> None:
        self._timeout = AdaptiveTimeout(least=seconds, most=_LONGEST_EXPECTED)
        self._due: dict[str, float] = {}
        self._length: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def start(self, task_id: str, losses: int, now: float) -> None:
        """The task was sent."""
        first = self._timeout.seconds
        self._length[task_id] = max(first, min(_LONGEST, first * 2.0 ** min(losses, 10)))
        self._set(task_id, now)

    def observe(self, seconds: float) -> None:
        """A worker has taken so long for a task, whether anybody waits for it any more or not."""
        self._timeout.observe(seconds)

    def clear(self) -> None:
        """No task is waited for any more."""
        self._due.clear()
        self._length.clear()
        self._heap.clear()

    def end(self, task_id: str) -> None:
        """The task was answered or given up; unknown ones are ignored."""
        self._due.pop(task_id, None)
        self._length.pop(task_id, None)

    def still_waiting(self, task_ids: Iterable[str], now: float) -> None:
        """These tasks were seen in their queues: their deadlines start anew."""
        for task_id in task_ids:
            if task_id in self._length:
                self._set(task_id, now)

    def overdue(self, now: float) -> list[str]:
        """The tasks whose deadline has passed, each returned once until it is set again."""
        found: list[str] = []
        while self._heap and self._heap[0][0] <= now:
            due, task_id = heapq.heappop(self._heap)
            if self._due.get(task_id) == due:
                del self._due[task_id]
                found.append(task_id)
        return found

    def _set(self, task_id: str, now: float) -> None:
        due = now + self._length[task_id]
        self._due[task_id] = due
        heapq.heappush(self._heap, (due, task_id))
