"""What a loop does between an error and its end; everything else is tested with real servers."""

import time
from threading import Event

import pytest
from confluent_kafka import KafkaError, KafkaException

from bridge.ingest.handler import Ingest
from bridge.kafka.topics.ids import TopicIds
from bridge.kafka.transaction import Transaction
from bridge.loop.events import Failed, TransactionEnded
from bridge.loop.health import BridgeHealth
from bridge.loop.loop import Loop
from bridge.loop.measuring.measurements import LoopMeasurements
from bridge.loop.measuring.transaction_durations import TransactionDurations
from bridge.loop.transactions.runner import TransactionRunner, new_offsets_timeout
from bridge.loop.transactions.size import TransactionSize
from bridge.records.dead_letter_counts import DeadLetterCounts
from chat_tasks.errors import DependencyUnavailable
from chat_tasks.settings import Settings


def loop_of(settings: Settings, size: TransactionSize) -> Loop:
    """A loop that has not started, of a process that has."""
    health, measured = BridgeHealth("ingest", settings, ["kafka"]), LoopMeasurements()
    handler = Ingest(settings, DeadLetterCounts(settings.dead_letter_topic))
    return Loop(settings, handler, {}, new_offsets_timeout(settings), size, health=health, measured=measured)


def runner_of(settings: Settings, **config: object) -> TransactionRunner:
    """A runner whose broker is away."""
    config |= {"bootstrap.servers": settings.kafka_bootstrap_servers, "transactional.id": "group.member"}
    offsets_timeout = new_offsets_timeout(settings)
    return TransactionRunner(
        config,
        10,
        offsets_timeout,
        TopicIds(settings, {}),
        lambda *_: None,
        group="group",
        durations=TransactionDurations(),
    )


def test_a_transaction_that_hangs_was_too_large() -> None:
    settings, size = Settings(kafka_bootstrap_servers="127.0.0.1:1"), TransactionSize()
    size.bytes = 1_000_000
    loop = loop_of(settings, size)
    loop._turns.runner = runner_of(settings)
    loop._turns.running = Transaction((), (), 800_000)
    loop._turns._began_at = loop._turns.runner._sending_offsets_since = time.monotonic() - 60
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
    loop = loop_of(settings, TransactionSize())
    failed = loop._turns.running = Transaction((), ())
    loop.post(TransactionEnded(failed, KafkaException(KafkaError(KafkaError._TIMED_OUT))))
    with pytest.raises(KafkaException):
        loop._handle_events(0)
    assert loop._turns.running is failed
    loop._poller.close()


def test_a_fenced_producer_says_nothing_before_a_namesake_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A producer that was fenced raises whenever it is polled, and nothing in that error tells of a namesake."""
    settings = Settings(kafka_bootstrap_servers="127.0.0.1:1")
    loop = loop_of(settings, TransactionSize())
    loop._turns.runner = runner_of(settings)
    fenced = KafkaException(KafkaError(KafkaError._FENCED))
    taken_over = KafkaException(KafkaError(KafkaError.FENCED_INSTANCE_ID))

    def poll() -> float:
        raise fenced

    monkeypatch.setattr(loop._turns.runner, "throttled_until", poll)
    loop._turns.running = Transaction((), ())
    loop.post(TransactionEnded(loop._turns.running, fenced))
    loop.post(Failed(taken_over))
    with pytest.raises(KafkaException) as raised:
        loop._handle_events(0)
    assert raised.value is taken_over
    loop._poller.close()
