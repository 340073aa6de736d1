"""Transactions take turns: which one runs, and when the next one may begin."""

import time
from typing import Any

from bridge.kafka.connection.reports import with_cause
from bridge.kafka.errors import KafkaUnavailable
from bridge.kafka.transaction import Transaction
from bridge.loop.measuring.measurements import LoopMeasurements
from bridge.loop.transactions.pacing import Pace
from bridge.loop.transactions.runner import TransactionRunner
from bridge.loop.transactions.size import TransactionSize


class TransactionTurns:
    """The transaction that runs, and the time at which the next one may begin.

    The `Loop` owns the turns, uses them in its thread, and drops them with itself; `seconds` is called in any thread.
    `runner` is None until the member joins its group: the poller's thread sets it then. `throttled_until` is the time
    until which a quota holds transactions back. Invariant: at most one transaction runs at a time, and one that failed
    still counts as running: no other follows it. Times are seconds of a monotonic clock.
    """

    def __init__(self, pace: Pace, size: TransactionSize, measured: LoopMeasurements) -> None:
        self.runner: TransactionRunner | None = None
        self.running: Transaction | None = None
        self.next_at = 0.0
        self.throttled_until = 0.0
        self._pace = pace
        self._size = size
        self._measured = measured
        self._began_at = 0.0

    @property
    def is_free(self) -> bool:
        """Whether a transaction can run, and none does."""
        return self.running is None and self.runner is not None

    @property
    def most_bytes(self) -> int:
        """How large the next transaction may be."""
        return self._size.bytes

    def seconds(self, now: float) -> float:
        """For how long the running transaction has run, without what a quota held it back; 0 if none runs."""
        return max(0.0, now - max(self._began_at, self.throttled_until)) if self.running is not None else 0.0

    def begin(self, transaction: Transaction, group_metadata: Any, now: float) -> None:
        """Run a transaction; returns at once."""
        assert self.runner is not None
        self.running = transaction
        self._began_at = now
        self.runner.submit(transaction, group_metadata)

    def committed(self, transaction: Transaction, now: float) -> None:
        """Take note that the running transaction is committed. Raises what `TransactionRunner.throttled_until` does."""
        self.running = None
        took = now - self._began_at
        is_throttled = self._is_throttled()
        is_full = self._size.is_full(transaction.size)
        pause = self._pace.pause_after(len(transaction.outputs), self._began_at, took, is_full=is_full)
        # A transaction that began now would wait in the broker, where it may time out.
        self.next_at = max(self._began_at + pause, self.throttled_until)
        seconds = max(now, self.throttled_until) - self._began_at
        self._size.committed(transaction.size, seconds, is_throttled=is_throttled)

    def failed(self, transaction: Transaction, now: float) -> None:
        """Take note that the transaction failed, or hangs. Raises what `TransactionRunner.throttled_until` does."""
        self._measured.failed()
        self._size.failed(transaction.size, now - self._began_at, is_throttled=self._is_throttled())

    def check(self) -> None:
        """Raise `KafkaUnavailable` if the running transaction hangs."""
        if self.running is not None and self.runner is not None and self.runner.hangs():
            self.failed(self.running, time.monotonic())
            raise KafkaUnavailable(with_cause("Kafka: it did not take the offsets of a transaction in time"))

    def close(self) -> None:
        """Stop the runner, if there is one."""
        if self.runner is not None:
            self.runner.close()

    def _is_throttled(self) -> bool:
        """Whether a quota held back the transaction that began last."""
        if self.runner is not None:
            self.throttled_until = self.runner.throttled_until()
        return self.throttled_until > self._began_at
