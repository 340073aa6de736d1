"""How long the phases of committed transactions take."""

from collections.abc import Iterator

from chat_tasks.metrics.definitions import TRANSACTION_DURATION
from chat_tasks.metrics.histogram import Histogram
from chat_tasks.metrics.metric import Sample


class TransactionDurations:
    """The three phases of a transaction.

    `LoopMeasurements` owns it; `TransactionRunner` adds to it in its thread, once for each committed transaction. No
    method raises.
    """

    def __init__(self) -> None:
        self._phases = {phase: Histogram() for phase in ("produce", "offsets", "commit")}

    def observe(self, *, produce: float, offsets: float, commit: float) -> None:
        """Add a transaction: the seconds to hand over its outputs, to send its offsets, and to commit it."""
        self._phases["produce"].observe(produce)
        self._phases["offsets"].observe(offsets)
        self._phases["commit"].observe(commit)

    def samples(self) -> Iterator[Sample]:
        """What was measured."""
        return TRANSACTION_DURATION.samples(self._phases)
