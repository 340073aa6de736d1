"""Notices a queue from which no worker takes tasks."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Set

from chat_tasks.conversation.routing import queue_name
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

_UNANSWERED_DEADLINES = 5


class WorkerWatch:
    """Logs once when no worker takes tasks from a queue, and once when a worker does so again.

    `InFlight` owns the watch, uses it in the loop's thread, and keeps it until the loop ends. Invariant: a queue counts
    as unserved only if all overdue tasks of it still wait there, and none of its tasks was answered lately. The tasks
    of an unserved queue are safe, and a new loop would bring no worker, so nothing is raised. The warning is needed
    because the other queues go on: without it, the conversations of this queue would stand still unnoticed.
    """

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.redis_prefix
        self._queues = settings.queues
        self._patience = _UNANSWERED_DEADLINES * settings.task_deadline
        self._answered_at: dict[int, float] = {}
        self._unserved: set[int] = set()

    @property
    def queues_are_served(self) -> bool:
        """Whether every queue is served, as far as is known."""
        return not self._unserved

    @property
    def unserved(self) -> Set[int]:
        """The queues that are not served, as far as is known."""
        return self._unserved

    def begin_anew(self) -> None:
        """Forget which queues are unserved: all tasks were dropped."""
        self._unserved.clear()

    def answered(self, queue: int, now: float) -> None:
        """Take note that a task of the queue was answered."""
        self._answered_at[queue] = now
        if queue in self._unserved:
            self._unserved.remove(queue)
            name = queue_name(self._prefix, queue)
            logger.info("workers take tasks from queue %s again", name, extra={"event": "queue_served", "queue": name})

    def looked_for(self, overdue: Mapping[str, int], waiting: Iterable[str], now: float) -> None:
        """Take the result of a look at overdue tasks, each with its queue; those in `waiting` still wait there."""
        asked = Counter(overdue.values())
        untouched = Counter(overdue[task_id] for task_id in waiting if task_id in overdue)
        for queue, count in untouched.items():
            took_others = count < asked[queue]
            answered_lately = now - self._answered_at.get(queue, 0.0) < self._patience
            if took_others or answered_lately or queue in self._unserved:
                continue
            self._unserved.add(queue)
            name = queue_name(self._prefix, queue)
            logger.warning(
                "no worker takes tasks from queue %s, %d wait: does one run, with CHAT_QUEUES=%d?",
                name,
                count,
                self._queues,
                extra={"event": "queue_unserved", "queue": name, "count": count},
            )
