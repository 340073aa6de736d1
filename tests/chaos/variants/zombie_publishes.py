"""Broken: a dispatcher that lost its partitions publishes what it has in hand, as nothing but its manners keeps it."""

from functools import cache
from typing import Any

from confluent_kafka import Producer

from bridge.kafka.clients import base_config
from bridge.kafka.transaction import Transaction
from bridge.loop.loop import Loop
from bridge.loop.transactions.runner import TransactionRunner
from chat_tasks.settings import settings

_perform = TransactionRunner._perform


@cache
def _unfenced() -> Producer:
    return Producer(base_config(settings()))


def _publish_and_ask_then(self: TransactionRunner, transaction: Transaction, group_metadata: Any) -> None:
    for one in transaction.outputs:
        _unfenced().produce(one.topic, one.value, one.key, one.partition, headers=one.headers)  # type: ignore[arg-type]
    _unfenced().flush()
    _perform(self, Transaction((), transaction.offsets), group_metadata)


def _deaf(_: Loop) -> None:
    pass


PATCHES = [
    (TransactionRunner, "_perform", _publish_and_ask_then),
    (Loop, "revoked", _deaf),
    (Loop, "lost", _deaf),
]
