"""How long tasks wait and how long they are worked on, over the last minute."""

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from bridge.picture.growth import Counter, Growth
from bridge.picture.sight import Sight

_SECONDS = 60.0
_WAIT, _WORK = "chat_tasks_task_wait_seconds", "chat_tasks_task_duration_seconds"
_METRICS = tuple(f"{metric}_{part}" for metric in (_WAIT, _WORK) for part in ("sum", "count"))


class TaskTime(NamedTuple):
    """Tasks of a kind: how many were answered in a second, and the means of both times, None if none was."""

    kind: str
    rate: float
    wait: float | None
    work: float | None


class _Look(NamedTuple):
    at: float
    seconds: float
    grown: Mapping[tuple[str, str], float]


class TaskTimes:
    """Adds up what dispatchers count.

    The watch owns one. Its sampler calls `look` in one thread; pages read `of_last_minute` in another. Invariant: it
    keeps the looks of a minute, and of each a few numbers for each kind of task.
    """

    def __init__(self) -> None:
        self._growth = Growth()
        self._looks: deque[_Look] = deque(maxlen=120)
        self._told_at: float | None = None

    def look(self, sight: Sight) -> None:
        """Take what the dispatchers have told since the last look."""
        at = sight.processes.at
        if at is None or at == self._told_at:
            return
        before, self._told_at = self._told_at, at
        grown: dict[tuple[str, str], float] = {}
        in_sight = {one.identity.name for one in sight.processes.value or ()}
        for counter, growth in self._growth.since_last(_counters(sight), at, in_sight).items():
            name = counter.metric, dict(counter.labels).get("kind", "")
            grown[name] = grown.get(name, 0.0) + growth.amount
        if before is not None:
            self._looks.append(_Look(at, max(at - before, 1e-3), grown))

    def of_last_minute(self, now: float) -> list[TaskTime]:
        """The times of each kind of task that any dispatcher knows, by its name; `now` is in seconds since 1970."""
        looks = [look for look in list(self._looks) if now - look.at < _SECONDS]
        kinds = sorted({kind for look in looks for _, kind in look.grown})
        return [_of_kind(kind, looks) for kind in kinds]


def _of_kind(kind: str, looks: list[_Look]) -> TaskTime:
    def total(metric: str) -> float:
        return sum(look.grown.get((metric, kind), 0.0) for look in looks)

    def mean(metric: str) -> float | None:
        count = total(f"{metric}_count")
        return total(f"{metric}_sum") / count if count else None

    seconds = sum(look.seconds for look in looks)
    return TaskTime(kind, total(f"{_WORK}_count") / seconds if seconds else 0.0, mean(_WAIT), mean(_WORK))


def _counters(sight: Sight) -> dict[Counter, float]:
    return {
        Counter(process.identity.name, metric, labels): value
        for metric in _METRICS
        for process, labels, value in sight.samples(metric, "dispatch")
    }
