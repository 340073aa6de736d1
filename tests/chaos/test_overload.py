"""A flood that the workers cannot take. It waits in Kafka, not in anybody's memory, and then it is over.

One machine cannot send several times what its pipeline takes, so the workers are paused while it comes: ingest and
dispatch, which are to hold it back, run on.
"""

import os
import signal
from pathlib import Path
from statistics import median

import pytest

from stack.servers.one_of_each import Servers
from stack.waiting import wait_until
from tests.chaos.checker.checker import anomalies
from tests.chaos.history import History
from tests.chaos.run.run import is_drained
from tests.chaos.system.memory import MemoryWatch
from tests.chaos.traffic.observer import Observer
from tests.chaos.traffic.stored import rows_of
from tests.chaos.traffic.workload import Workload
from tests.pipeline.deployment import Deployment

pytestmark = [pytest.mark.servers, pytest.mark.chaos, pytest.mark.timeout(3600)]

CALM = 200.0
CALM_MESSAGES = 600
FLOOD = 50_000.0
FLOOD_MESSAGES = int(os.environ.get("FLOOD_MESSAGES", "200000"))
PATIENCE_SECONDS = 1800.0

BOUNDS = {"ingest.1": 250, "dispatch.1": 300, "a child of prefork.1": 150, "redis": 64}
"""Megabytes."""


def test_a_flood_fills_no_memory_and_passes(tmp_path: Path) -> None:
    with Servers.for_tests(tmp_path / "servers") as servers:
        deployment = Deployment.on(servers, 1, tmp_path)
        deployment.initialise()
        history = History()
        observer = Observer(deployment.settings, history)
        workload = Workload(deployment.settings, history, observer, seed=1, rate=CALM, conversations=2000)
        processes = deployment.start("ingest.1", "dispatch.1", "prefork.1")
        worker = processes[-1]
        observer.start()
        workload.start()

        def send(rate: float, count: int) -> range:
            workload.set_rate(rate)
            first = workload.count
            assert wait_until(lambda: workload.count >= first + count, PATIENCE_SECONDS)
            return range(first, first + count)

        def everything_is_out() -> bool:
            return observer.complete_below >= workload.count - CALM

        try:
            with MemoryWatch(processes, deployment.settings.redis_url.get_secret_value()) as peaks:
                send(CALM, CALM_MESSAGES)
                assert wait_until(everything_is_out, PATIENCE_SECONDS)
                before = send(CALM, CALM_MESSAGES)
                os.killpg(worker.popen.pid, signal.SIGSTOP)
                try:
                    flood = send(FLOOD, FLOOD_MESSAGES)
                finally:
                    os.killpg(worker.popen.pid, signal.SIGCONT)
                waiting = workload.count - observer.complete_below
                workload.set_rate(CALM)
                assert wait_until(everything_is_out, PATIENCE_SECONDS)
                after = send(CALM, CALM_MESSAGES)
                is_acknowledged = workload.stop()
                assert wait_until(lambda: is_drained(history, workload, observer), PATIENCE_SECONDS)
        finally:
            workload.stop()
            observer.stop()
            complaints = list(deployment.end())
        history.rows.extend(rows_of(deployment.settings))
    calm, calm_again = (median(latencies(history, numbers)) for numbers in (before, after))
    print(f"{len(flood)} messages, {waiting} of them were not out when the last one was sent; megabytes: {peaks}")
    print(f"median latency before {calm:.3f} s, after {calm_again:.3f} s")
    assert is_acknowledged
    assert waiting > 2 * deployment.settings.records_in_flight
    assert anomalies(history) == []
    assert not complaints
    assert {name: peak for name, peak in peaks.items() if peak > BOUNDS.get(name, float("inf"))} == {}
    assert calm_again <= 10 * calm


def latencies(history: History, numbers: range) -> list[float]:
    """Seconds from the acknowledgement to the reader."""
    bodies = {f"m-{number}" for number in numbers}
    sent = {one.body: one.at for one in history.sent if one.body in bodies}
    return [one.at - sent[one.body] for one in history.outputs if one.body in sent]
