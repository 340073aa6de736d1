"""How long tasks wait and are worked on."""

import pytest

from bridge.picture.sight import Sight
from bridge.picture.sources.processes import Identity, Process, samples_of
from bridge.picture.sources.source import Reading
from console.workers.times import TaskTime, TaskTimes


def sight(at: float, *, tasks: int, wait: float, work: float) -> Sight:
    """What is seen if dispatch has counted so many append tasks, with the sums of their times."""
    text = f"""\
# TYPE chat_tasks_task_wait_seconds histogram
chat_tasks_task_wait_seconds_sum{{kind="append"}} {wait}
chat_tasks_task_wait_seconds_count{{kind="append"}} {tasks}
# TYPE chat_tasks_task_duration_seconds histogram
chat_tasks_task_duration_seconds_sum{{kind="append"}} {work}
chat_tasks_task_duration_seconds_count{{kind="append"}} {tasks}
"""
    told = Process(Identity("dispatch", "dispatch.1", "127.0.0.1:1"), samples_of(text), is_ready=True, detail={})
    return Sight(at, Reading(), Reading(), Reading(), Reading([told], at), Reading())


def test_the_means_are_of_the_tasks_of_the_last_minute() -> None:
    times = TaskTimes()
    times.look(sight(100.0, tasks=1_000, wait=900.0, work=900.0))
    times.look(sight(102.0, tasks=1_010, wait=901.0, work=905.0))
    times.look(sight(102.0, tasks=1_010, wait=901.0, work=905.0))
    times.look(sight(104.0, tasks=1_020, wait=902.0, work=910.0))
    [found] = times.of_last_minute(104.0)
    assert (found.kind, found.rate) == ("append", 5.0)
    assert [found.wait, found.work] == pytest.approx([0.1, 0.5])
    times.look(sight(150.0, tasks=1_020, wait=902.0, work=910.0))
    assert times.of_last_minute(200.0) == [TaskTime("append", 0.0, None, None)]


def test_nobody_has_told_anything_yet() -> None:
    assert TaskTimes().of_last_minute(0.0) == []
