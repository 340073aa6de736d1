"""What a loop does between an error and its end; everything else is tested with real servers."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from bridge.ingest.handler import Ingest
from bridge.kafka.transaction import Transaction
from bridge.loop.events import TransactionEnded
from bridge.loop.loop import Loop
from bridge.loop.transaction_runner import new_offsets_timeout
from bridge.loop.transaction_size import TransactionSize
from chat_tasks.settings import Settings


def test_no_transaction_follows_one_that_failed() -> None:
    """The error may come during a rebalance, which the poller hears of first: the loop goes on until that says so."""
    settings = Settings(kafka_bootstrap_servers="127.0.0.1:1")
    loop = Loop(settings, Ingest(settings), {}, new_offsets_timeout(settings), TransactionSize())
    failed = loop._running = Transaction((), ())
    loop.post(TransactionEnded(failed, KafkaException(KafkaError(KafkaError._TIMED_OUT))))
    with pytest.raises(KafkaException):
        loop._handle_events(0)
    assert loop._running is failed
    loop._poller.close()
