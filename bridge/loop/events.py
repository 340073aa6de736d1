"""What the threads of a loop tell its main thread."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bridge.kafka.transaction import Partition, Transaction


class Records(NamedTuple):
    """Consumed messages, in order."""

    messages: Sequence[Any]


class EndReached(NamedTuple):
    """There is no record before this offset that was not delivered."""

    partition: Partition
    offset: int


class TransactionEnded(NamedTuple):
    """`error` is None where it was committed."""

    transaction: Transaction
    error: Exception | None


class Failed(NamedTuple):
    """A thread cannot go on."""

    error: Exception


class AssignmentOutdated(NamedTuple):
    """The handler wants the assignment that it has anew, with what the group and the servers say now."""

    reason: str


class Stop(NamedTuple):
    """The process was asked to end."""


@dataclass(frozen=True, slots=True)
class Call:
    """Run a function in the main thread; the caller waits for `result`."""

    function: Callable[[], Any]
    result: "Future[Any]" = field(default_factory=Future)
