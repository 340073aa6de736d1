"""Broken: offsets are committed in a transaction of their own, before the one with the results."""

from typing import Any

from bridge.transaction import Transaction
from bridge.transaction_runner import TransactionRunner

_perform = TransactionRunner._perform


def _perform_in_two(self: TransactionRunner, transaction: Transaction, group_metadata: Any) -> None:
    _perform(self, Transaction((), transaction.offsets), group_metadata)
    _perform(self, Transaction(transaction.outputs, ()), group_metadata)


PATCHES = [
    (TransactionRunner, "_perform", _perform_in_two),
]
