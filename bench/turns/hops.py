"""The hops of a message, and the stamps by which a bridge tells when a message has made each of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any

from bridge.dispatch.commits.outbox import Outbox
from bridge.dispatch.handler import Dispatch
from bridge.dispatch.workers.task_sender import TaskSender
from bridge.ingest.handler import Ingest
from bridge.loop.transactions.runner import TransactionRunner

# Where a hop ends, and what it consists of, in the order of the road.
HOPS: Mapping[str, str] = {
    "ingest has it": "to Kafka, and to ingest",
    "ingest begins": "waits for ingest's transaction",
    "ingest committed": "ingest's transaction",
    "dispatch has it": "to dispatch",
    "task sent": "is gathered, and put into a task",
    "answered": "Redis, worker, Cassandra, Redis",
    "dispatch begins": "waits for dispatch's transaction",
    "dispatch committed": "dispatch's transaction",
    "read": "to the reader",
}

_INDEX = re.compile(rb'"body":"([0-9a-f]{8}) ')

Stamp = tuple[str, int, float]


class Stamps:
    """What a bridge has stamped and not handed over: hop, message's index, seconds since 1970."""

    def __init__(self) -> None:
        self._stamps: list[Stamp] = []

    def put(self, hop: str, values: Iterable[bytes | None]) -> None:
        """Stamp every message in these values."""
        now = time.time()
        for value in values:
            self._stamps.extend((hop, int(index, 16), now) for index in _INDEX.findall(value or b""))

    def take(self) -> list[Stamp]:
        """What was stamped since the last call."""
        taken, self._stamps = self._stamps, []
        return taken


def stamp_hops(stamps: Stamps) -> None:
    """Let this process stamp every hop that ends in it."""

    def stamped(
        owner: type, name: str, hop: str | Mapping[type, str], values_of: Callable[[Any], Iterable[Any]]
    ) -> None:
        method = getattr(owner, name)

        @wraps(method)
        def with_stamp(self: Any, subject: Any, *rest: Any) -> Any:
            stamps.put(hop if isinstance(hop, str) else hop[type(self)], values_of(subject))
            return method(self, subject, *rest)

        setattr(owner, name, with_stamp)

    for owner, process in ((Ingest, "ingest"), (Dispatch, "dispatch")):
        stamped(owner, "records", f"{process} has it", lambda messages: [one.value() for one in messages])
        stamped(owner, "committed", f"{process} committed", _outputs)
    stamped(TaskSender, "send", "task sent", lambda tasks: [task.body for task in tasks])
    stamped(Outbox, "take", "answered", lambda outcome: [one.value for it in outcome.finished for one in it.outputs])


def stamp_begins(stamps: Stamps, process: str) -> None:
    """Let this process, `ingest` or `dispatch`, stamp the begins of its transactions."""
    submit = TransactionRunner.submit

    def submit_stamped(self: TransactionRunner, transaction: Any, group_metadata: Any) -> None:
        stamps.put(f"{process} begins", _outputs(transaction))
        submit(self, transaction, group_metadata)

    setattr(TransactionRunner, "submit", submit_stamped)  # noqa: B010 - mypy allows no assignment to a method


def _outputs(transaction: Any) -> Sequence[bytes | None]:
    return [output.value for output in transaction.outputs]


def budget(due_at: Mapping[int, float], stamps: Iterable[Stamp]) -> Mapping[str, list[float]]:
    """The seconds that each message took for each hop, of the messages that made all of them."""
    times: dict[int, dict[str, float]] = {}
    for hop, index, at in stamps:
        # A message may be sent again. What counts is when it got there first.
        times.setdefault(index, {}).setdefault(hop, at)
    found: dict[str, list[float]] = {hop: [] for hop in HOPS}
    for index, mine in times.items():
        if index in due_at and mine.keys() >= HOPS.keys():
            before = due_at[index]
            for hop in HOPS:
                found[hop].append(mine[hop] - before)
                before = mine[hop]
    return found
