"""Broken: results are published by the transaction after the one that commits their offsets."""

from collections.abc import Sequence
from typing import Any

from bridge.transaction import Output, Transaction
from bridge.transaction_runner import TransactionRunner

_perform = TransactionRunner._perform
_held: dict[TransactionRunner, Sequence[Output]] = {}


def _perform_late(self: TransactionRunner, transaction: Transaction, group_metadata: Any) -> None:
    results = _held.get(self, ())
    _held[self] = transaction.outputs
    _perform(self, Transaction(results, transaction.offsets), group_metadata)


PATCHES = [
    (TransactionRunner, "_perform", _perform_late),
]
