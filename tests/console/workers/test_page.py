"""What the page of queues and workers says."""

from bridge.picture.sight import Sight
from bridge.picture.sources.processes import Identity, Process
from bridge.picture.sources.source import Reading
from bridge.picture.sources.workers import KnownWorker
from chat_tasks.settings import Settings
from chat_tasks.version import VERSION
from chat_tasks.worker.remote_control.control import AboutWorker
from chat_tasks.worker.remote_control.in_hand import TaskInHand
from console.workers.page import WorkerView, workers_view


def about(*in_hand: TaskInHand, version: str = VERSION) -> AboutWorker:
    return AboutWorker(
        version, 2, "chat", ["chat.00"], 10_000, 12, "worker.1", 2, 3, can_change=True, in_hand=list(in_hand)
    )


def workers(*known: KnownWorker, health: Process | None = None) -> list[WorkerView]:
    processes = Reading([] if health is None else [health], 9.0)
    sight = Sight(10.0, Reading(), Reading(), Reading(), processes, Reading())
    return workers_view(Settings(), sight, Reading(list(known), 9.0), []).workers


def states(*known: KnownWorker, health: Process | None = None) -> list[tuple[str, str]]:
    return [(one.state, one.trouble) for one in workers(*known, health=health)]


def test_a_worker_that_answers_works() -> None:
    [worker] = workers(KnownWorker("worker.1@here", about()))
    assert (worker.state, worker.processes, worker.wanted_processes, worker.can_change) == ("works", 2, 3, True)


def test_what_is_wrong_with_a_worker_is_said() -> None:
    well = KnownWorker("worker.1@here", about())
    assert states(KnownWorker("old@here", None)) == [("waits", "is of another version: its answer is not understood")]
    assert states(KnownWorker("worker.1@here", about(version="0"))) == [
        ("waits", f"is of version 0, and this console of {VERSION}")
    ]
    assert states(well, well) == [("waits", "two workers have this name: give each its own --hostname")] * 2
    identity = Identity("worker", "worker.1", "127.0.0.1:1")
    sick = Process(identity, {}, is_ready=False, detail={"troubles": ["no heartbeat for 12 seconds"]})
    assert states(well, health=sick) == [("waits", "no heartbeat for 12 seconds")]


def test_a_silent_worker_has_nothing_in_hand_serves_nothing_and_cannot_be_changed() -> None:
    task = TaskInHand("append-1-1", "append", "chat.00", 1, 1, 0.5)
    silent = KnownWorker("worker.1@here", about(task), silent_since=5.0)
    view = workers_view(Settings(), Sight(10.0, *[Reading()] * 5), Reading([silent], 9.0), [])
    [worker] = view.workers
    assert (worker.state, worker.in_hand, worker.can_change, worker.silent_since) == ("silent", [], False, 5.0)
    assert [queue.workers for queue in view.queues] == [[], []]


def test_the_oldest_task_comes_first_and_those_that_wait_come_last() -> None:
    ages = [0.5, None, 3.0, 0.0]
    tasks = [TaskInHand(f"append-1-{age}", "append", "chat.00", 1, 1, age) for age in ages]
    [worker] = workers(KnownWorker("worker.1@here", about(*tasks)))
    assert [task.seconds for task in worker.in_hand] == [3.0, 0.5, 0.0, None]
