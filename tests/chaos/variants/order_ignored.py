"""Broken: ingest publishes each of its transactions backwards."""

from dataclasses import replace

from bridge.ingest.handler import Ingest
from bridge.kafka.transaction import Transaction

_next_transaction = Ingest.next_transaction


def _backwards(self: Ingest, most_bytes: int) -> Transaction | None:
    transaction = _next_transaction(self, most_bytes)
    return transaction and replace(transaction, outputs=list(reversed(transaction.outputs)))


PATCHES = [
    (Ingest, "next_transaction", _backwards),
]
