"""The events by which the threads of a loop tell its main thread what happened."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bridge.kafka.transaction import Partition, Transaction
from bridge.loop.measuring.delivery_times import Mark


class Records(NamedTuple):
    """Consumed messages, in order; `last` are marks of the last one of each partition, which may come soon after."""

    messages: Sequence[Any]
    last: Mapping[Partition, Mark]


class EndReached(NamedTuple):
    """Every record of the partition before this offset was delivered."""

    partition: Partition
    offset: int


class TransactionEnded(NamedTuple):
    """A transaction has ended; `error` is None if it was committed."""

    transaction: Transaction
    error: Exception | None


class Failed(NamedTuple):
    """A thread cannot go on."""

    error: Exception


class AssignmentOutdated(NamedTuple):
    """The handler wants the same assignment anew, with what the group and the servers say now."""

    reason: str


class Stop(NamedTuple):
    """The process was asked to end."""


@dataclass(frozen=True, slots=True)
class Call:
    """Run a function in the main thread; the caller waits for `result`."""

    function: Callable[[], Any]
    result: "Future[Any]" = field(default_factory=Future)
