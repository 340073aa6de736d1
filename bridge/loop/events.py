"""What the threads of a loop tell its main thread."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from bridge.kafka.transaction import Partition, Transaction


@dataclass(frozen=True, slots=True)
class Records:
    """Consumed messages, in order."""

    messages: Sequence[Any]


@dataclass(frozen=True, slots=True)
class EndReached:
    """There is no record before this offset that was not delivered."""

    partition: Partition
    offset: int


@dataclass(frozen=True, slots=True)
class TransactionEnded:
    """`error` is None where it was committed."""

    transaction: Transaction
    error: Exception | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A thread cannot go on."""

    error: Exception


@dataclass(frozen=True, slots=True)
class AssignmentOutdated:
    """The handler wants the assignment that it has anew, with what the group and the servers say now."""

    reason: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The process was asked to end."""


@dataclass(frozen=True, slots=True)
class Call:
    """Run a function in the main thread; the caller waits for `result`."""

    function: Callable[[], Any]
    result: "Future[Any]" = field(default_factory=Future)
