"""Consume, work, produce, commit: the loop that ingest and dispatch share.

The loop's thread owns all state and never blocks on a server. The poller, the runner of transactions and the handler's
threads tell the loop by events what happened. On any doubt (a time-out, a fatal error, a transaction of unknown
outcome) the loop ends with an exception. `bridge.loop.supervisor` then makes a new loop, which starts from what the
group has committed.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from confluent_kafka import KafkaException

from bridge.kafka.assignment import Assignment
from bridge.kafka.clients import consumer_config, producer_config
from bridge.kafka.connection.reports import with_cause
from bridge.kafka.errors import KafkaUnavailable, SessionOver, UnreadableRecords, is_fenced_producer
from bridge.kafka.topics.ids import KnownTopic, TopicIds
from bridge.kafka.transaction import Partition, Transaction
from bridge.loop.adaptive_timeout import AdaptiveTimeout
from bridge.loop.calls import Calls, answer, refuse
from bridge.loop.delivery_watch import DeliveryWatch
from bridge.loop.events import AssignmentOutdated, Call, EndReached, Failed, Records, Stop, TransactionEnded
from bridge.loop.gauges import loop_gauges
from bridge.loop.handler import LoopHandler
from bridge.loop.health import BridgeHealth, LoopReport
from bridge.loop.measuring.measurements import LoopMeasurements
from bridge.loop.membership import Membership
from bridge.loop.poller import Poller
from bridge.loop.stall_detector import StallDetector
from bridge.loop.transactions.runner import TransactionRunner
from bridge.loop.transactions.size import TransactionSize
from bridge.loop.transactions.turns import TransactionTurns
from chat_tasks.errors import DependencyUnavailable, LoopStalled
from chat_tasks.metrics.metric import Sample
from chat_tasks.settings import Settings

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
_DRAIN_SECONDS = 3.0
_EVENTS_AT_ONCE = 200
_NAMESAKE_SECONDS = 2.5

AnswerT = TypeVar("AnswerT")


class Loop:
    """One life of a loop: from joining the group to a stop or a doubt.

    The `Supervisor` owns the loop and runs it in the process's main thread. The loop owns the poller, the runner of
    transactions, the handler and all their threads. Two invariants: at most one transaction runs at a time, and
    partitions are given up only after the running transaction has ended. A loop runs once and is then dropped with
    everything it owns. `run` raises what ended the loop: `KafkaException`, `ChatTasksError`, or the exception of a bug.
    """

    def __init__(
        self,
        settings: Settings,
        handler: LoopHandler,
        known_topics: Mapping[str, KnownTopic],
        offsets_timeout: AdaptiveTimeout,
        transaction_size: TransactionSize,
        *,
        health: BridgeHealth,
        measured: LoopMeasurements,
    ) -> None:
        """Make a loop that has not started.

        `known_topics` goes to the `Poller`, `offsets_timeout` to the `TransactionRunner`. `offsets_timeout`,
        `transaction_size`, `health` and `measured` outlive this loop.
        """
        self._settings = settings
        self._offsets_timeout = offsets_timeout
        self._measured = measured
        self._handler = handler
        self._health = health
        self._events: SimpleQueue[object] = SimpleQueue()
        self._calls = Calls(self.post)
        self._topic_ids = TopicIds(settings, known_topics)
        self._poller = Poller(
            consumer_config(settings, handler.group), handler.topics, known_topics, self, self.post, measured=measured
        )
        self._membership = Membership(time.monotonic())
        self._delivery = DeliveryWatch(
            settings, self._poller.positions, self._poller.delivered, self._poller.ends, self.post
        )
        self._turns = TransactionTurns(handler.pace, transaction_size, measured)
        self._group_metadata: Any = None
        self._proof: Transaction | None = None
        self._draining_until: float | None = None
        self._stall = StallDetector(settings.stall_timeout)
        self._transactions = 0

    def post(self, event: object) -> None:
        """Tell the main thread what happened; called from any thread."""
        self._events.put(event)

    def measure(self) -> Sequence[Sample]:
        """What can be measured now, besides what is counted; called from any thread, and blocks.

        Nothing if the loop does not answer within a second: `/livez` is there to say so.
        """
        measured = self._calls.ask(
            lambda: list(loop_gauges(self._handler, self._poller.delivered(), self._delivery.bounds))
        )
        return () if measured is None else measured

    def ask(self, question: Callable[[LoopHandler], AnswerT]) -> AnswerT | None:
        """What the handler answers to this question, in the loop's thread; called from any thread, and blocks.

        None if the loop does not answer within a second.
        """
        return self._calls.ask(lambda: question(self._handler))

    def run(self) -> None:
        """Work until `Stop` is posted and everything begun is drained, or raise what ended the loop."""
        try:
            self._poller.start()
            self._handler.start(self.post)
            self._delivery.start()
            next_tick = 0.0
            while not self._is_done():
                self._handle_events(max(0.0, min(_TICK_SECONDS, next_tick - time.monotonic())))
                self._health.pulse.beat()
                now = time.monotonic()
                next_tick = min(self._handler.tick(now), self._publish(now))
                self._poller.set_paused(frozenset(self._handler.full()))
                self._check_progress(now)
        except (KafkaException, DependencyUnavailable):
            # No handler raises these two, so the handler was not in the middle of a change, and its state can be
            # trusted.
            self._handler.revoked()
            raise
        finally:
            self._calls.loop_has_ended = True
            self._delivery.close()
            self._poller.stop_soon()
            self._cancel_calls()
            self._handler.close()
            self._turns.close()
            self._poller.close()

    def report(self) -> LoopReport:
        """What the loop is doing; called in any thread."""
        now = time.monotonic()
        return LoopReport(
            state=self._membership.state.name.lower() if self._draining_until is None else "draining",
            partitions=Counter(partition.topic for partition in self._poller.owned),
            transaction=self._turns.seconds(now),
            stall=self._stall.standstill(now),
            longest_stall=self._stall.timeout,
            undelivered=self._delivery.standstill(now),
            longest_undelivered=self._delivery.timeout,
            held_back=self._delivery.held_back,
        )

    # The rebalance, in the poller's thread.

    def assigned(self, assignment: Assignment) -> Mapping[Partition, int]:
        """Prepare the assignment in the poller's thread, then take it in the main thread; called by the poller."""
        prepared = self._handler.prepare(assignment)
        start: Mapping[Partition, int] = self._calls.call(lambda: self._take(assignment, prepared))
        return start

    def joined(self) -> None:
        """End what a predecessor left open, before the poller asks for committed offsets; called by the poller.

        Raises `ConfigurationError` if those offsets are positions in a topic that was made anew.
        """
        self._membership.joined()
        if self._turns.runner is None:
            self._turns.runner = TransactionRunner(
                producer_config(self._settings, self._handler.group),
                self._settings.transaction_timeout,
                self._offsets_timeout,
                self._topic_ids,
                lambda transaction, error: self.post(TransactionEnded(transaction, error)),
                group=self._handler.group,
                durations=self._measured.durations,
            )
            self._turns.runner.initialise()
        # The end waits for this thread, and the question may take as long again.
        self._calls.go_on()
        self._topic_ids.check()

    def revoked(self) -> None:
        """Wait for the running transaction, then drop the assignment's state; called by the poller."""
        self._calls.call(self._give_up)

    def lost(self) -> None:
        """End the loop, because the session of this member is over; called by the poller.

        The running transaction is not waited for: the group decides whether that transaction counts. This member is not
        used again either. A member that lingered until its transaction had ended was fenced by its own name when Kafka
        was back, and ended for good.
        """
        error = SessionOver(f"Kafka: this member's session in {self._handler.group} is over")
        # Posted at once: from now on, the end of the running transaction says nothing.
        self.post(Failed(error))
        raise error

    # The main thread.

    def _take(self, assignment: Assignment, prepared: Any) -> Mapping[Partition, int]:
        self._handler.delivery_times.clear()
        start = self._handler.assigned(assignment, prepared)
        self._group_metadata = assignment.group_metadata
        self._membership.assigned(assignment.partitions, time.monotonic())
        self._health.assigned()
        logger.info(
            "assigned %s",
            _describe(start),
            extra={"event": "partitions_assigned", "epoch": assignment.epoch, "count": len(start)},
        )
        return start

    def _give_up(self) -> None:
        deadline = time.monotonic() + 2 * self._settings.transaction_timeout
        while self._turns.running is not None:
            self._health.pulse.beat()
            # All other members of the group wait for this member meanwhile.
            self._turns.check()
            if time.monotonic() >= deadline:
                self._turns.failed(self._turns.running, time.monotonic())
                raise KafkaUnavailable(with_cause("Kafka: a transaction did not end before a rebalance"))
            try:
                event = self._events.get(timeout=_TICK_SECONDS)
            except Empty:
                continue
            # The records come again with the next assignment, and the state that they would change is about to be
            # dropped.
            if isinstance(event, Records):
                self._poller.batch_handled()
            elif not isinstance(event, EndReached | UnreadableRecords):
                self._handle(event)
        self._handler.revoked()
        self._handler.delivery_times.clear()
        self._membership.revoked(time.monotonic())

    def _handle_events(self, timeout: float) -> None:
        try:
            event = self._events.get(timeout=timeout) if timeout else self._events.get_nowait()
            for _ in range(_EVENTS_AT_ONCE):
                self._handle(event)
                # After records there may be something to send and to publish, and the partitions may be full.
                if isinstance(event, Records):
                    return
                event = self._events.get_nowait()
            self._handle(event)
        except Empty:
            pass

    def _handle(self, event: object) -> None:
        match event:
            case Records(messages, last):
                self._handler.delivery_times.delivered(last)
                self._handler.records(messages)
                self._poller.batch_handled()
            case EndReached(partition, offset):
                self._handler.end_reached(partition, offset)
            case UnreadableRecords():
                self._handler.unreadable(event)
            case TransactionEnded(transaction, error):
                self._transaction_ended(transaction, error)
            case Call():
                answer(event)
            case Failed(error):
                raise error
            case AssignmentOutdated(reason):
                logger.warning(
                    "beginning the assignment anew: %s",
                    reason,
                    extra={"event": "assignment_outdated", "reason": reason},
                )
                self._poller.assign_again()
            case Stop():
                if self._draining_until is None:
                    self._poller.stop_soon()
                    self._handler.drain()
                    self._draining_until = time.monotonic() + _DRAIN_SECONDS
            case _:
                self._handler.event(event)

    def _transaction_ended(self, transaction: Transaction, error: Exception | None) -> None:
        now = time.monotonic()
        if error is not None:
            # The transaction still counts as the running one: no other may follow it before this loop has ended.
            if is_fenced_producer(error):
                # Before anything is asked of the producer, which would raise its own error in place of the proof.
                self._look_for_a_namesake()
            self._turns.failed(transaction, now)
            raise error
        self._health.dependencies.answered("kafka")
        self._turns.committed(transaction, now)
        self._membership.committed(transaction, now)
        self._measured.committed(transaction.outputs)
        if transaction is not self._proof:
            self._transactions += 1
            self._handler.committed(transaction)
        for commit in transaction.offsets:
            self._handler.delivery_times.committed(commit.partition, commit.offset)

    def _check_progress(self, now: float) -> None:
        self._turns.check()
        if self._membership.is_forgotten(now):
            raise SessionOver(with_cause(f"Kafka: {self._handler.group} gave this member no assignment for a minute"))
        has_work = self._handler.has_work()
        progress = self._transactions + self._handler.progress()
        servers_answer = self._handler.servers_answer() and now >= self._turns.throttled_until
        if self._stall.observe(now, progress, has_work=has_work, servers_answer=servers_answer):
            seconds = self._settings.stall_timeout
            raise LoopStalled(f"nothing got done for {seconds:g} seconds though work waits and the servers answer")

    def _look_for_a_namesake(self) -> None:
        """Wait a moment for the proof that another process uses this member's name.

        A producer may be fenced only because it was too slow; then the loop starts again. But another process with this
        name joins the group before it fences the producer, and the next heartbeat of this consumer reports that.
        Starting again would then fence the other process in turn.
        """
        deadline = time.monotonic() + _NAMESAKE_SECONDS
        while (remaining := deadline - time.monotonic()) > 0:
            try:
                event = self._events.get(timeout=remaining)
            except Empty:
                return
            if isinstance(event, Failed):
                raise event.error

    def _publish(self, now: float) -> float:
        """Begin a transaction if there is something for one; returns the latest time of the next try.

        Transactions begin a little apart, because one costs the broker and this process as much for one record as for
        many. After a pause the first transaction begins at once.
        """
        if self._turns.is_free:
            if now < self._turns.next_at:
                return self._turns.next_at
            transaction = self._handler.next_transaction(self._turns.most_bytes)
            if transaction is None:
                transaction = self._proof = self._membership.proof(now)
                # A commit that moves an offset proves the membership as well.
                if transaction is not None and (offsets := self._handler.at_rest()):
                    transaction = Transaction((), offsets)
            if transaction is not None:
                self._turns.begin(transaction, self._group_metadata, now)
        return now + _TICK_SECONDS

    def _is_done(self) -> bool:
        if self._draining_until is None:
            return False
        drained = self._handler.is_drained() and self._turns.running is None
        return drained or time.monotonic() >= self._draining_until

    def _cancel_calls(self) -> None:
        while True:
            try:
                event = self._events.get_nowait()
            except Empty:
                return
            if isinstance(event, Call):
                refuse(event)


def _describe(partitions: Mapping[Partition, int]) -> str:
    by_topic: dict[str, list[int]] = {}
    for partition in sorted(partitions):
        by_topic.setdefault(partition.topic, []).append(partition.number)
    return ", ".join(f"{topic} {numbers}" for topic, numbers in by_topic.items()) or "nothing"
