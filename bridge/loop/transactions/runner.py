"""Runs Kafka transactions one at a time in a thread of its own, because a commit takes milliseconds."""

import time
from collections.abc import Callable, Set
from queue import SimpleQueue
from threading import Thread
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from bridge.kafka.connection.denials import denied, is_denied, naming_denials
from bridge.kafka.connection.throttle import Throttle
from bridge.kafka.topics.ids import TopicIds
from bridge.kafka.transaction import Transaction
from bridge.loop.adaptive_timeout import AdaptiveTimeout
from bridge.loop.measuring.transaction_durations import TransactionDurations
from bridge.loop.transactions.spans import TransactionSpans
from chat_tasks.settings import Settings

_POLL_SECONDS = 0.1
_CLOSE_SECONDS = 2.0
_OFFSETS_SECONDS = 2.5


def new_offsets_timeout(settings: Settings) -> AdaptiveTimeout:
    """How long to wait until Kafka has taken a transaction's offsets.

    Share one instance across runners, so that a slow broker is remembered: a runner that gave up too early makes the
    next runner wait longer.
    """
    return AdaptiveTimeout(least=_OFFSETS_SECONDS, most=settings.transaction_timeout)


class TransactionRunner:
    """Runs transactions in the order in which they are submitted, one at a time.

    The order matters: an abort after a later commit would break the order of a conversation. The `Loop` owns the
    runner, and drops it with itself. `__init__` and `initialise` are called in the poller's thread, `submit`, `hangs`,
    `throttled_until` and `close` in the loop's thread. The producer works in the runner's thread. The runner calls
    `finished` there with each transaction and None, or with the error that the transaction failed with. After an error
    the runner does nothing more: only the broker knows whether that transaction was committed.
    """

    def __init__(
        self,
        config: dict[str, Any],
        timeout: float,
        offsets_timeout: AdaptiveTimeout,
        topic_ids: TopicIds,
        finished: Callable[[Transaction, Exception | None], None],
        *,
        group: str,
        durations: TransactionDurations,
    ) -> None:
        """Make a runner for a member of `group`; `initialise` starts it. Raises `KafkaException`.

        `timeout` is that of a transaction in seconds, after which the broker aborts it. `offsets_timeout` comes from
        `new_offsets_timeout`. A transaction whose records came from a topic that was made anew is not committed:
        `topic_ids` are asked while it runs. `durations` gets how long those took that were committed.
        """
        self._group = group
        self._transactional_id = config["transactional.id"]
        self._throttle = Throttle("producer")
        self._producer = Producer({**config, "throttle_cb": self._throttle})
        self._timeout = timeout
        self._topic_ids = topic_ids
        self._durations = durations
        self._finished = finished
        self._work: SimpleQueue[tuple[Transaction, Any] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="transactions", daemon=True)
        self._offsets_timeout = offsets_timeout
        self._sending_offsets_since: float | None = None

    def initialise(self) -> None:
        """Fence a predecessor with this transactional id, end its open transaction, and start the thread.

        Blocks. Raises `KafkaException`, `Denied`.
        """
        # A client that knows no broker yet looks for its coordinator again only after half a second. Listing topics
        # finds one.
        self._producer.list_topics(timeout=self._timeout)
        with naming_denials(f"WRITE of transactional id {self._transactional_id}"):
            self._producer.init_transactions(self._timeout * 3)
        self._thread.start()

    def submit(self, transaction: Transaction, group_metadata: Any) -> None:
        """Queue a transaction; returns at once. `group_metadata` is that of the assignment of the offsets."""
        self._work.put((transaction, group_metadata))

    def throttled_until(self) -> float:
        """The monotonic time until which the broker reads nothing more of this producer, because of a quota.

        Also of a transaction that failed or hangs. Raises `KafkaException` or `Denied` if the producer has
        failed for good.
        """
        try:
            self._producer.poll(0)  # calls `_throttle`
        except KafkaException as error:
            # A fatal error comes out here too, whatever call it is of.
            raise self._named(error, "WRITE", set()) from None
        return self._throttle.until

    def hangs(self) -> bool:
        """Whether the client hangs while it hands over a transaction's offsets.

        The call takes milliseconds. On a slow cluster it takes a second and more, since it begins by waiting for the
        end of the last transaction. librdkafka ignores the time-out of this call (its issue 5456), and hangs if the
        coordinator goes away meanwhile.
        """
        return self._waited() > self._offsets_timeout.seconds

    def close(self) -> None:
        """Stop after the running transaction; blocks for two seconds at most.

        A transaction that runs on is harmless: the next user of this transactional id fences it.
        """
        self._work.put(None)
        if self.hangs():
            # Perhaps the broker was only slow: the next runner waits longer.
            self._offsets_timeout.observe(self._waited())
        elif self._thread.is_alive():
            self._thread.join(_CLOSE_SECONDS)
        self._producer.purge()

    def _waited(self) -> float:
        """Seconds since the client began to hand over the running transaction's offsets; 0 if it does not."""
        since = self._sending_offsets_since
        return 0.0 if since is None else time.monotonic() - since

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            transaction, group_metadata = work
            try:
                self._perform(transaction, group_metadata)
            except KafkaException as error:
                self._finished(transaction, self._named(error, "WRITE", {one.topic for one in transaction.outputs}))
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, the loop must hear of it
                self._finished(transaction, error)
                return
            self._finished(transaction, None)

    def _named(self, error: KafkaException, operation: str, topics: Set[str]) -> Exception:
        """The error, or a `Denied` with the permission that was needed: if it is one for topics, then one of these."""
        if not is_denied(error):
            return error
        needed = {
            KafkaError.TOPIC_AUTHORIZATION_FAILED: f"{operation} of topic {' or '.join(sorted(topics))}",
            KafkaError.GROUP_AUTHORIZATION_FAILED: f"READ of group {self._group}",
            KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: f"WRITE of transactional id {self._transactional_id}",
        }
        return denied(error, needed.get(error.args[0].code(), ""))

    def _perform(self, transaction: Transaction, group_metadata: Any) -> None:
        with TransactionSpans(transaction, self._group) as spans:
            self._produce_and_commit(transaction, group_metadata, spans)

    def _produce_and_commit(self, transaction: Transaction, group_metadata: Any, spans: TransactionSpans) -> None:
        producer = self._producer
        began_at = time.monotonic()
        producer.begin_transaction()
        confirm_topics = self._topic_ids.ask()
        for one in transaction.outputs:
            headers: Any = one.headers  # its type in the stubs is a list that has to hold texts too
            while True:
                try:
                    # A keyword argument costs the client as much as a header does, and so does an empty list of
                    # headers.
                    if headers:
                        producer.produce(one.topic, one.value, one.key, one.partition, None, None, 0, headers)
                    else:
                        producer.produce(one.topic, one.value, one.key, one.partition)
                    break
                except BufferError:
                    producer.poll(_POLL_SECONDS)
        spans.sent()
        self._sending_offsets_since = produced_at = time.monotonic()
        try:
            self._send_offsets(transaction, group_metadata)
            offsets_seconds = self._waited()
            self._offsets_timeout.observe(offsets_seconds)
        finally:
            self._sending_offsets_since = None
        confirm_topics()
        producer.commit_transaction(self._timeout)
        commit_seconds = time.monotonic() - produced_at - offsets_seconds
        self._durations.observe(produce=produced_at - began_at, offsets=offsets_seconds, commit=commit_seconds)

    def _send_offsets(self, transaction: Transaction, group_metadata: Any) -> None:
        offsets = [
            TopicPartition(partition.topic, partition.number, offset, metadata)
            for partition, offset, metadata in transaction.offsets
        ]
        try:
            self._producer.send_offsets_to_transaction(offsets, group_metadata, self._timeout)
        except KafkaException as error:
            raise self._named(error, "READ", {one.topic for one in offsets}) from None
