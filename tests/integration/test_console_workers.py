"""The console's pages of queues and workers, of what happened and of the audit, against a real pipeline."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis import Redis

from chat_tasks.settings import Settings
from chat_tasks.worker.remote_control.control import control_app
from stack.waiting import wait_until
from tests.integration.strangers.queued import queued_task, with_body
from tests.pipeline.console import Console, start_console
from tests.pipeline.conversation import PATIENCE_SECONDS
from tests.pipeline.deployment import Deploy

pytestmark = pytest.mark.servers

WORKER = "prefork.1@test"
KEY = "a conversation <b>"


def worker(console: Console) -> Any:
    """The only worker, None if none is known."""
    return next(iter(console.json("/api/workers")["workers"]), None)


def has_processes(console: Console, number: int) -> bool:
    """Whether the only worker has that many, says the page too."""
    processes: int = worker(console)["processes"]
    return processes == number and f"<strong>{number}</strong> processes" in console.page("/workers")


@contextmanager
def stopped_children(settings: Settings) -> Iterator[None]:
    """The worker's processes do not move within the block, so tasks stay in their hands."""
    with control_app(settings) as app:
        [stats] = (app.control.inspect(timeout=PATIENCE_SECONDS, limit=1).stats() or {}).values()
    pids = stats["pool"]["processes"]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_workers_events_and_the_audit(deploy: Deploy) -> None:
    deployment = deploy()
    console = start_console(deployment, "ingest.1", "dispatch.1", "prefork.1").asked_by("ann")

    def standing() -> Any:
        return console.json(f"/api/conversations/{KEY}/messages")["conversation"]

    def happened() -> set[tuple[str, str]]:
        return {(one["process"], one["event"]) for one in console.json("/api/events")}

    assert wait_until(lambda: (worker(console) or {}).get("state") == "works", PATIENCE_SECONDS), worker(console)
    queues = console.json("/api/workers")["queues"]
    assert [(one["name"], one["workers"]) for one in queues] == [("chat.00", [WORKER]), ("chat.01", [WORKER])]

    change_the_pool(console)

    # What a worker has in hand, and what a conversation waits for.
    message = {"sender": "bob", "recipients": ["ann"], "body": "nobody but the two reads this"}
    with stopped_children(deployment.settings):
        assert console.post(f"/api/conversations/{KEY}/messages", json=message).status_code == 202
        assert wait_until(lambda: bool(worker(console)["in_hand"]), PATIENCE_SECONDS), worker(console)
        assert wait_until(lambda: standing()["state"] == "waits", PATIENCE_SECONDS), standing()
        [task, *_] = worker(console)["in_hand"]
        assert (task["kind"], task["conversations"], task["records"]) == ("append", 1, 1)
        shown = console.page("/workers")
        assert task["task_id"] in shown
        assert "nobody but the two" not in shown
        assert KEY not in shown
        assert "waits for retry" in console.page("/c", key=KEY)
        # What a stranger puts into a queue is refused by one of the processes, not by their parent.
        queued = queued_task(deployment.settings)
        with Redis.from_url(deployment.settings.redis_url.get_secret_value()) as redis:
            redis.lpush(queued.queue, with_body(queued, b"forged"))
    assert wait_until(lambda: standing()["newest"] == 0 and standing()["state"] == "flows", PATIENCE_SECONDS), (
        standing()
    )

    # What happened: the processes' own events, those of a worker's children too.
    expected = {
        ("ingest.1", "partitions_assigned"),
        ("dispatch.1", "partitions_assigned"),
        ("dispatch.1", "task_lost"),
        ("prefork.1", "remote_command_refused"),
        ("prefork.1", "not_ours_refused"),
    }
    assert wait_until(lambda: expected <= happened(), PATIENCE_SECONDS), happened()

    # A worker that is killed is missed.
    [killed] = [process for process in deployment.processes if process.name == "prefork.1"]
    killed.kill()
    assert wait_until(lambda: worker(console)["state"] == "silent", PATIENCE_SECONDS), worker(console)
    assert "does not answer since" in console.page("/workers")
    assert wait_until(lambda: ("console", "process_gone") in happened(), PATIENCE_SECONDS), happened()
    assert "prefork.1 does not answer any more" in console.page("/")

    who_did_what(console)


def change_the_pool(console: Console) -> None:
    """It grows and shrinks, but not to nothing."""
    pool = f"/api/workers/{WORKER}/pool"
    assert console.post(pool, json={"by": 1}).status_code == 202
    assert wait_until(lambda: has_processes(console, 3), PATIENCE_SECONDS, interval=0.3), worker(console)
    assert console.post(pool, json={"by": -1}).status_code == 202
    assert wait_until(lambda: has_processes(console, 2), PATIENCE_SECONDS, interval=0.3), worker(console)
    refused = console.post(pool, json={"by": -2})
    assert refused.status_code == 503
    assert refused.json()["error"].startswith(f"{WORKER}: refused: a worker keeps one process")
    assert "prefork.9@test does not answer" in console.post("/api/workers/prefork.9@test/pool", json={"by": 1}).text


def who_did_what(console: Console) -> None:
    """All that the test has done is in the audit, and no text and no key."""
    released = console.post(f"/api/quarantine/{KEY}/release", json={})
    assert released.json() == {"error": "this conversation is not quarantined"}
    entries = console.json("/api/audit")["entries"]
    assert [(one["name"], one["role"], one["action"], one["result"]) for one in entries] == [
        ("ann", "operator", "release", "failed"),
        ("ann", "operator", "send", "done"),
        ("ann", "operator", "pool_grow", "failed"),
        ("ann", "operator", "pool_shrink", "failed"),
        ("ann", "operator", "pool_shrink", "done"),
        ("ann", "operator", "pool_grow", "done"),
    ]
    shown = console.page("/audit")
    assert f"{WORKER} by 1" in shown
    assert "nobody but the two" not in shown
    assert KEY not in shown
