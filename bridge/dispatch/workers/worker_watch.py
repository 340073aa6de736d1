"""Whether workers take tasks from every queue."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping

from chat_tasks.conversation.routing import queue_name

logger = logging.getLogger(__name__)

_UNANSWERED_DEADLINES = 5


class WorkerWatch:
    """Says of each queue once when nobody takes tasks from it, and once when somebody does again.

    Its tasks are safe there, and starting again would bring no worker. That the others are served hides it from
    everybody else: its conversations just stand still.
    """

    def __init__(self, queues: int, task_deadline: float) -> None:
        """`task_deadline` in seconds."""
        self._queues = queues
        self._patience = _UNANSWERED_DEADLINES * task_deadline
        self._answered_at: dict[int, float] = {}
        self._unserved: set[int] = set()

    @property
    def queues_are_served(self) -> bool:
        """Whether every queue is served, as far as is known."""
        return not self._unserved

    def begin_anew(self) -> None:
        """All tasks were dropped: nothing is known of queues that get none any more."""
        self._unserved.clear()

    def answered(self, queue: int, now: float) -> None:
        """A task of that queue was."""
        self._answered_at[queue] = now
        if queue in self._unserved:
            self._unserved.remove(queue)
            logger.info("workers take tasks from queue %s again", queue_name(queue))

    def looked_for(self, overdue: Mapping[str, int], waiting: Iterable[str], now: float) -> None:
        """Of these overdue tasks, each with its queue, some still wait there."""
        asked = Counter(overdue.values())
        untouched = Counter(overdue[task_id] for task_id in waiting if task_id in overdue)
        for queue, count in untouched.items():
            took_others = count < asked[queue]
            answered_lately = now - self._answered_at.get(queue, 0.0) < self._patience
            if took_others or answered_lately or queue in self._unserved:
                continue
            self._unserved.add(queue)
            logger.warning(
                "no worker takes tasks from queue %s, %d wait: does one run, with CHAT_QUEUES=%d?",
                queue_name(queue),
                count,
                self._queues,
            )
