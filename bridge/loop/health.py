"""What a bridge tells of itself: read by the probes, from what its supervisor and its loop know anyway."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from confluent_kafka import KafkaException

from bridge.kafka.reading.open_transactions import OpenTransaction
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.health.dependencies import Dependencies
from chat_tasks.health.pulse import Pulse
from chat_tasks.settings import Settings

_LONGEST_STEP_SECONDS = 60.0
# A loop that ends waits for one question of its poller, which may be reading offsets, or be initialising the producer.
_READING_SECONDS = 30.0
_TRANSACTION_SECONDS = 5.0


class LoopReport(NamedTuple):
    """What a loop is doing.

    `state` is `joining`, `preparing`, `running` or `draining`. Of the times, which are in seconds, each is 0 if there
    is nothing to wait for: `transaction` is the age of the running transaction, except for the time in which a quota
    holds it back; `stall` says for how long work has waited although the servers answer; `undelivered` for how long
    Kafka has had records that it does not deliver.
    """

    state: str
    partitions: Mapping[str, int]
    transaction: float
    stall: float
    longest_stall: float
    undelivered: float
    longest_undelivered: float
    held_back: Sequence[OpenTransaction]


class ReportingLoop(Protocol):
    """A loop that can be asked what it is doing."""

    def report(self) -> LoopReport:
        """What the loop is doing; called in any thread."""


class BridgeHealth:
    """The state of a bridge's process, for the probes.

    `run_ingest` or `run_dispatch` makes it for the life of the process. The supervisor and the loop write it in the
    main thread; the threads of the HTTP server read it. No method raises.
    """

    def __init__(self, process: str, settings: Settings, needs: Sequence[str]) -> None:
        """Begin with a process that starts; `needs` are the servers without which it does nothing."""
        self.process = process
        self.instance = settings.instance_name
        # Longer only if a single step is allowed to last longer.
        self.pulse = Pulse(max(_LONGEST_STEP_SECONDS, _READING_SECONDS + 3 * settings.transaction_timeout))
        self.dependencies = Dependencies()
        self.needs = needs
        self.has_started = False
        self.loop: ReportingLoop | None = None
        self.is_ending = False
        self._failure: tuple[float, str] | None = None

    def assigned(self) -> None:
        """Take note that the group gave an assignment, and that all servers have told what it begins with."""
        self.dependencies.answered("kafka")
        self.has_started = True

    def failed(self, error: Exception, reason: str) -> str:
        """Take note of what ended a loop, or kept it from beginning; returns the server that failed, if it was one."""
        self._failure = time.monotonic(), reason
        server = "kafka" if isinstance(error, KafkaException) else ""
        if isinstance(error, DependencyUnavailable):
            server = error.dependency
        if server:
            self.dependencies.failed(server, reason)
        return server

    def troubles(self) -> Sequence[str]:
        """Why the bridge does not work now, apart from servers."""
        if self.is_ending:
            return ["the process ends"]
        loop = self.loop
        if loop is None:
            return [f"no loop runs: {self._failure[1]}" if self._failure else "the servers are being asked"]
        report = loop.report()
        if report.state != "running":
            return [f"no assignment yet: {report.state}"]
        troubles = []
        if report.transaction >= _TRANSACTION_SECONDS:
            troubles.append(f"kafka has not ended a transaction for {report.transaction:.0f} seconds")
        if report.stall >= report.longest_stall / 2:
            troubles.append(f"nothing got done for {report.stall:.0f} seconds though work waits")
        if report.undelivered >= report.longest_undelivered / 2:
            troubles.append(f"no record was delivered for {report.undelivered:.0f} seconds though some wait")
        return troubles

    def details(self) -> Mapping[str, Any]:
        """What else is worth knowing."""
        details: dict[str, Any] = {}
        if (loop := self.loop) is not None:
            report = loop.report()
            details = {
                "state": report.state,
                "partitions": report.partitions,
                "held_back": [str(one) for one in report.held_back],
            }
        if (failure := self._failure) is not None:
            details["last_failure"] = {"since_s": round(time.monotonic() - failure[0], 3), "reason": failure[1]}
        return details
