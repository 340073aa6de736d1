"""Runs Kafka transactions one at a time in a thread of its own: a commit takes milliseconds and blocks nothing else."""

import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

from confluent_kafka import Producer, TopicPartition

from bridge.kafka.transaction import Transaction
from bridge.loop.adaptive_timeout import AdaptiveTimeout
from chat_tasks.settings import Settings

_POLL_SECONDS = 0.1
_CLOSE_SECONDS = 2.0
_OFFSETS_SECONDS = 2.5


def new_offsets_timeout(settings: Settings) -> AdaptiveTimeout:
    """How long to wait until Kafka has taken a transaction's offsets: to be kept by whoever makes one runner after the
    other, so that one that was given up and was only slow is waited for longer by the next.
    """
    return AdaptiveTimeout(least=_OFFSETS_SECONDS, most=settings.transaction_timeout)


class TransactionRunner:
    """One at a time: an abort after a later commit would break the order of a conversation.

    `finished` is called in the runner's thread with each transaction and None, or the error it failed with. After an
    error the runner does nothing more: whether the transaction was committed is known only to the broker.
    """

    def __init__(
        self,
        config: dict[str, Any],
        timeout: float,
        offsets_timeout: AdaptiveTimeout,
        finished: Callable[[Transaction, Exception | None], None],
    ) -> None:
        """`timeout` in seconds is that of a transaction, after which the broker aborts it; `offsets_timeout` comes from
        `new_offsets_timeout`. Raises `KafkaException`.
        """
        self._producer = Producer(config)
        self._timeout = timeout
        self._finished = finished
        self._work: SimpleQueue[tuple[Transaction, Any] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="transactions", daemon=True)
        self._offsets_timeout = offsets_timeout
        self._sending_offsets_since: float | None = None

    def initialise(self) -> None:
        """Fence whoever had this transactional id, end what it left open, start; blocks. Raises `KafkaException`."""
        # Where the client knows no broker yet, it looks for its coordinator again only half a second later.
        self._producer.list_topics(timeout=self._timeout)
        self._producer.init_transactions(self._timeout * 3)
        self._thread.start()

    def submit(self, transaction: Transaction, group_metadata: Any) -> None:
        """Returns at once. `group_metadata` is that of the assignment the transaction's offsets belong to."""
        self._work.put((transaction, group_metadata))

    def hangs(self) -> bool:
        """Whether the client is lost in handing over a transaction's offsets, which takes milliseconds.

        On a slow cluster it takes a second and more, since it begins by waiting for the end of the last transaction.
        librdkafka minds no time-out there (its issue 5456): where the coordinator goes away meanwhile, it hangs.
        """
        return self._waited() > self._offsets_timeout.seconds

    def close(self) -> None:
        """Stop after the running transaction; blocks for two seconds at most.

        One that runs on is harmless: whoever uses this transactional id next fences it.
        """
        self._work.put(None)
        if self.hangs():
            # Perhaps it was only slow: the next runner waits longer.
            self._offsets_timeout.observe(self._waited())
        elif self._thread.is_alive():
            self._thread.join(_CLOSE_SECONDS)
        self._producer.purge()

    def _waited(self) -> float:
        """Seconds since the running transaction's offsets began to be handed over."""
        since = self._sending_offsets_since
        return 0.0 if since is None else time.monotonic() - since

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            transaction, group_metadata = work
            try:
                self._perform(transaction, group_metadata)
            except Exception as error:  # noqa: BLE001 - whatever it is, the loop must hear of it
                self._finished(transaction, error)
                return
            self._finished(transaction, None)

    def _perform(self, transaction: Transaction, group_metadata: Any) -> None:
        producer = self._producer
        producer.begin_transaction()
        for one in transaction.outputs:
            headers: Any = one.headers  # its type in the stubs is a list that has to hold texts too
            while True:
                try:
                    # An argument by its name, and an empty list of headers too, costs the client as much as a header.
                    if headers:
                        producer.produce(one.topic, one.value, one.key, one.partition, None, None, 0, headers)
                    else:
                        producer.produce(one.topic, one.value, one.key, one.partition)
                    break
                except BufferError:
                    producer.poll(_POLL_SECONDS)
        self._sending_offsets_since = time.monotonic()
        try:
            self._send_offsets(transaction, group_metadata)
            self._offsets_timeout.observe(self._waited())
        finally:
            self._sending_offsets_since = None
        producer.commit_transaction(self._timeout)

    def _send_offsets(self, transaction: Transaction, group_metadata: Any) -> None:
        self._producer.send_offsets_to_transaction(
            [
                TopicPartition(partition.topic, partition.number, offset, metadata)
                for partition, offset, metadata in transaction.offsets
            ],
            group_metadata,
            self._timeout,
        )
