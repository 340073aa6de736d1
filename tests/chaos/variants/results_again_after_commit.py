"""Broken: a commit that succeeded is now and then taken for one that timed out, and its results are produced again."""

from typing import Any

from bridge.kafka.transaction import Transaction
from bridge.loop.transactions.runner import TransactionRunner

_perform = TransactionRunner._perform
_EVERY = 5
_count = 0


def _perform_again(self: TransactionRunner, transaction: Transaction, group_metadata: Any) -> None:
    global _count  # noqa: PLW0603 - one process, one runner
    _perform(self, transaction, group_metadata)
    _count += bool(transaction.outputs)
    if transaction.outputs and _count % _EVERY == 0:
        _perform(self, transaction, group_metadata)


PATCHES = [
    (TransactionRunner, "_perform", _perform_again),
]
