"""Runs a command of the product that gets stuck in silence, seems to, or has a bug.

`python -m tests.integration.disruptions.stalling WAY PROGRAM ...`: `WAYS` lists how.
"""

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridge.dispatch.workers.task_sender import TaskSender
from bridge.ingest.handler import Ingest
from bridge.kafka.assignment import Assignment
from bridge.kafka.transaction import Partition, Transaction
from bridge.loop.loop import Loop
from bridge.loop.poller import Poller
from bridge.loop.transactions.runner import TransactionRunner
from tests.pipeline.product import run


def _only_the_first(owner: type, name: str, broken: Callable[..., Any]) -> None:
    """The object that calls the method first goes on with the broken one, all others with the original."""
    original = getattr(owner, name)
    first: list[object] = []

    def method(self: object, *arguments: Any) -> Any:
        if not first:
            first.append(self)
        return (broken if self is first[0] else original)(self, *arguments)

    setattr(owner, name, method)


def _never_fetched() -> None:
    poll = Poller._poll

    def paused(self: Any) -> None:
        self._consumer.pause(self._consumer.assignment())
        poll(self)

    _only_the_first(Poller, "_poll", paused)


def _never_published() -> None:
    _only_the_first(Ingest, "next_transaction", lambda _, __: None)


def _a_bug() -> None:
    def divide(_: Ingest, __: int) -> None:
        raise ZeroDivisionError

    _only_the_first(Ingest, "next_transaction", divide)


def _never_sent() -> None:
    def swallow(_: TaskSender, __: Sequence[object], ___: object) -> None:
        pass

    _only_the_first(TaskSender, "send", swallow)


def _offsets_never_taken() -> None:
    """librdkafka's issue 5456, at the worst moment: during a rebalance."""
    rebalance = threading.Event()
    give_up = Loop._give_up

    def announced(self: Loop) -> None:
        rebalance.set()
        give_up(self)

    def hang(self: Any, *_: object) -> None:
        rebalance.wait()
        self._sending_offsets_since = time.monotonic()
        threading.Event().wait()

    Loop._give_up = announced  # type: ignore[method-assign]
    _only_the_first(TransactionRunner, "_perform", hang)


def _offsets_taken_slowly() -> None:
    """A slow cluster: every transaction takes longer than it is waited for at first."""
    send_offsets = TransactionRunner._send_offsets

    def slow(self: TransactionRunner, transaction: Transaction, group_metadata: Any) -> None:
        threading.Event().wait(6)
        send_offsets(self, transaction, group_metadata)

    TransactionRunner._send_offsets = slow  # type: ignore[method-assign]


def _purged_meanwhile() -> None:
    """The topic was purged after its beginning was looked up: ingest begins at an offset that is gone."""
    assigned = Ingest.assigned

    def further_back(self: Ingest, assignment: Assignment, prepared: Any) -> Mapping[Partition, int]:
        return dict.fromkeys(assigned(self, assignment, prepared), 0)

    _only_the_first(Ingest, "assigned", further_back)


WAYS = {
    "never_fetched": _never_fetched,
    "a_bug": _a_bug,
    "never_published": _never_published,
    "never_sent": _never_sent,
    "offsets_never_taken": _offsets_never_taken,
    "offsets_taken_slowly": _offsets_taken_slowly,
    "purged_meanwhile": _purged_meanwhile,
}

if __name__ == "__main__":
    _, way, program, *arguments = sys.argv
    WAYS[way]()
    run(program, *arguments)
