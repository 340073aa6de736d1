"""Broken: every tenth dead letter is left out of its transaction."""

from dataclasses import replace

from bridge.ingest.handler import Ingest
from bridge.kafka.transaction import Output, Transaction

_next_transaction = Ingest.next_transaction
_EVERY = 10
_count = 0


def _is_kept(self: Ingest, output: Output) -> bool:
    global _count  # noqa: PLW0603 - one process, one handler
    if output.topic != self._settings.dead_letter_topic:
        return True
    _count += 1
    return _count % _EVERY != 0


def _most_of_it(self: Ingest, most_bytes: int) -> Transaction | None:
    transaction = _next_transaction(self, most_bytes)
    if transaction is None:
        return None
    return replace(transaction, outputs=[output for output in transaction.outputs if _is_kept(self, output)])


PATCHES = [
    (Ingest, "next_transaction", _most_of_it),
]
