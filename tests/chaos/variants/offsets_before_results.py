"""Broken: results are published two transactions after the one that commits their offsets."""

from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any

from bridge.kafka.transaction import Output, Transaction
from bridge.loop.transactions.runner import TransactionRunner

_perform = TransactionRunner._perform
# Of two, since every few transactions one holds nothing but blocks: a kill after that one would lose no message.
_LATE = 2
_held: defaultdict[TransactionRunner, deque[Sequence[Output]]] = defaultdict(deque)


def _perform_late(self: TransactionRunner, transaction: Transaction, group_metadata: Any) -> None:
    held = _held[self]
    held.append(transaction.outputs)
    results = held.popleft() if len(held) > _LATE else ()
    _perform(self, Transaction(results, transaction.offsets), group_metadata)


PATCHES = [
    (TransactionRunner, "_perform", _perform_late),
]
