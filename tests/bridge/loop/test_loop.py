"""What a loop does between an error and its end; everything else is tested with real servers."""

import time
from threading import Event

import pytest
from confluent_kafka import KafkaError, KafkaException

from bridge.ingest.handler import Ingest
from bridge.kafka.topics.ids import TopicIds
from bridge.kafka.transaction import Transaction
from bridge.loop.events import TransactionEnded
from bridge.loop.loop import Loop
from bridge.loop.transactions.runner import TransactionRunner, new_offsets_timeout
from bridge.loop.transactions.size import TransactionSize
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings


def runner_of(settings: Settings, **config: object) -> TransactionRunner:
    """A runner whose broker is away."""
    config["bootstrap.servers"] = settings.kafka_bootstrap_servers
    offsets_timeout = new_offsets_timeout(settings)
    return TransactionRunner(config, 10, offsets_timeout, TopicIds(settings, {}), lambda *_: None)


def test_a_transaction_that_hangs_was_too_large() -> None:
    settings, size = Settings(kafka_bootstrap_servers="127.0.0.1:1"), TransactionSize()
    size.bytes = 1_000_000
    loop = Loop(settings, Ingest(settings), {}, new_offsets_timeout(settings), size)
    loop._runner = runner_of(settings)
    loop._running = Transaction((), (), 800_000)
    loop._began_at = loop._runner._sending_offsets_since = time.monotonic() - 60
    with pytest.raises(DependencyUnavailable, match="did not take the offsets"):
        loop._check_progress(time.monotonic())
    assert size.bytes == 400_000
    loop._poller.close()


def test_whether_a_quota_holds_back_is_heard_of_without_a_commit() -> None:
    heard = Event()
    settings = Settings(kafka_bootstrap_servers="127.0.0.1:1")
    runner = runner_of(settings, **{"statistics.interval.ms": 1, "stats_cb": lambda _: heard.set()})
    deadline = time.monotonic() + 30
    while not heard.is_set():
        assert runner.throttled_until() == 0
        assert time.monotonic() < deadline, "the client's events are not served"


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
