"""Broken: a transaction refused because its partitions were lost is tried again as a member of the new group.

It takes its time for each transaction, so that whoever pauses it does so in the middle of one.
"""

import time
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException

from bridge.kafka.assignment import Assignment
from bridge.kafka.transaction import Partition, Transaction
from bridge.loop.loop import Loop
from bridge.loop.poller import Poller
from bridge.loop.transactions.runner import TransactionRunner

_make = Poller.__init__
_perform = TransactionRunner._perform
_assigned = Loop.assigned
_consumers: list[Consumer] = []
_refused: list[Transaction] = []
_SLOWLY_SECONDS = 0.2


def _remember_consumer(self: Poller, *arguments: Any, **named: Any) -> None:
    _make(self, *arguments, **named)
    _consumers.append(self._consumer)


def _note_if_refused(self: TransactionRunner, transaction: Transaction, group_metadata: Any) -> None:
    time.sleep(_SLOWLY_SECONDS)
    try:
        _perform(self, transaction, group_metadata)
    except KafkaException:
        self._producer.abort_transaction()
        _refused.append(transaction)


def _try_again(self: Loop, assignment: Assignment) -> Mapping[Partition, int]:
    while _refused:
        assert self._turns.runner is not None
        _perform(self._turns.runner, _refused.pop(0), _consumers[-1].consumer_group_metadata())
    return _assigned(self, assignment)


def _deaf(_: Loop) -> None:
    pass


PATCHES = [
    (Poller, "__init__", _remember_consumer),
    (TransactionRunner, "_perform", _note_if_refused),
    (Loop, "assigned", _try_again),
    (Loop, "revoked", _deaf),
    (Loop, "lost", _deaf),
]
