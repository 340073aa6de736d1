"""Polls a consumer in a thread of its own, and hands what happens to a loop's main thread.

The poller carries out a rebalance by calling the main thread and waiting for it. So a partition is given away only
after the running transaction has ended and the partition's state is dropped.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from confluent_kafka import Consumer, TopicPartition

from bridge.kafka.assignment import Assignment, Committed
from bridge.kafka.connection.throttle import Throttle
from bridge.kafka.errors import is_unreadable, raise_error
from bridge.kafka.groups import committed_offsets
from bridge.kafka.headers import sent_time
from bridge.kafka.topics.ids import KnownTopic
from bridge.kafka.transaction import Partition
from bridge.loop.delivery.committed_position import committed_position
from bridge.loop.delivery.portions import portions
from bridge.loop.delivery.unreadable import UnreadableBatches
from bridge.loop.events import EndReached, Failed, Records
from bridge.loop.measuring.delivery_times import Mark
from bridge.loop.measuring.measurements import LoopMeasurements

_MESSAGES_PER_POLL = 1000
_RECORDS_POSTED = 4
_POLL_SECONDS = 0.1
_ENDS_SECONDS = 1.0


class Rebalancing(Protocol):
    """The main thread's side of a rebalance; called in the poller's thread, and may block."""

    def joined(self) -> None:
        """End what a predecessor of this name left open; called before the committed offsets are read."""

    def assigned(self, assignment: Assignment) -> Mapping[Partition, int]:
        """Make new state; returns the offset at which to start each partition."""

    def revoked(self) -> None:
        """Wait for the running transaction, then drop all state."""

    def lost(self) -> None:
        """Take note that the member's session is over, and that others may own everything.

        May raise, which ends the poller. Afterwards the client joins again, as a new member of its old name. An offset
        that the old member still has under way is then refused like that of a namesake.
        """


class _Stopped(Exception):
    """The loop ends in the middle of a rebalance."""


class Poller:
    """A consumer and the thread that polls it. `post` gets `Records`, `EndReached`, `UnreadableRecords` and `Failed`.

    The `Loop` owns the poller, and drops it with itself. The consumer is used in the poller's thread only, until
    `close` has joined that thread. Other methods are called in the loop's thread, `positions` and `ends` in the thread
    of `DeliveryWatch`. Invariants: records of a partition are posted in order, only while the partition is assigned,
    and at most four `Records` are posted and not yet handled. A failure in the thread is posted as `Failed`, and the
    thread ends.
    """

    def __init__(
        self,
        config: dict[str, Any],
        topics: Iterable[str],
        known_topics: Mapping[str, KnownTopic],
        rebalancing: Rebalancing,
        post: Callable[[object], None],
        *,
        measured: LoopMeasurements,
    ) -> None:
        """Make a poller that has not joined the group.

        `known_topics` are the topics as `init` knew them. Partitions that were added later start at 0.
        What is delivered is counted in `measured`.
        """
        self._topics = list(topics)
        self._known_topics = known_topics
        self._rebalancing = rebalancing
        self._measured = measured
        self._post = post
        self._throttle = Throttle("consumer")
        self._consumer = Consumer({**config, "throttle_cb": self._throttle})
        self._group: str = config["group.id"]
        self._unreadable = UnreadableBatches(self._consumer, self._group, post)
        self._rebalances = 0
        self._failure: Exception | None = None
        self._committed: Mapping[Partition, int] = {}
        self._start: list[TopicPartition] = []
        self._owned: frozenset[Partition] = frozenset()
        self._paused: frozenset[Partition] = frozenset()
        self._wanted_paused: frozenset[Partition] = frozenset()
        self._is_new_assignment = False
        self._is_outdated = threading.Event()
        self._reached: Mapping[Partition, int] = {}
        self._ran_empty = False
        self._ends: Mapping[Partition, int] = {}
        self._look_for_ends_at = 0.0
        self._stopping = threading.Event()
        self._room = threading.Semaphore(_RECORDS_POSTED)
        self._thread = threading.Thread(target=self._run, name="poller", daemon=True)

    def start(self) -> None:
        """Start the thread, which joins the group; returns at once."""
        self._thread.start()

    def stop_soon(self) -> None:
        """Poll no more after the poll that is under way; the membership lasts until `close`."""
        self._stopping.set()

    def close(self) -> None:
        """Stop the thread and close the consumer. A static member keeps its partitions until its session times out."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._consumer.close()

    def batch_handled(self) -> None:
        """Take note that the loop has worked through one `Records`."""
        self._room.release()

    def set_paused(self, partitions: frozenset[Partition]) -> None:
        """Deliver no more of these partitions, and deliver all others; returns at once.

        Messages that were polled before are still posted.
        """
        self._wanted_paused = partitions

    def assign_again(self) -> None:
        """Give the assignment up and take the same partitions anew, without leaving the group; returns at once."""
        self._is_outdated.set()

    def positions(self) -> Mapping[Partition, int]:
        """The offset of each partition before which every record was delivered; called from any thread.

        Paused partitions are left out. The answer is empty unless everything fetched was delivered since the last call:
        records that wait in the client are not missing. Nor are records that a quota holds back.
        """
        ran_empty, self._ran_empty = self._ran_empty and time.monotonic() >= self._throttle.until, False
        held_up = self._wanted_paused | self._paused
        return {one: offset for one, offset in self._reached.items() if ran_empty and one not in held_up}

    @property
    def owned(self) -> frozenset[Partition]:
        """The partitions of the assignment; called from any thread."""
        return self._owned

    def delivered(self) -> Mapping[Partition, int]:
        """The offset of each owned partition before which every record was delivered; called from any thread."""
        return self._reached

    def ends(self) -> Mapping[Partition, int]:
        """How far each owned partition went a second ago, open transactions included; called from any thread.

        What a paused partition has since is not in the answer.
        """
        return self._ends

    def _run(self) -> None:
        try:
            self._consumer.subscribe(
                self._topics,
                on_assign=lambda consumer, partitions: self._guard(self._on_assign, consumer, partitions),
                on_revoke=lambda consumer, partitions: self._guard(self._on_revoke, consumer, partitions),
                on_lost=lambda consumer, partitions: self._guard(self._on_lost, consumer, partitions),
            )
            while not self._stopping.is_set():
                if self._is_outdated.is_set():
                    self._assign_again()
                self._apply_paused()
                self._poll()
                self._look_for_ends()
        except _Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the loop must hear of it and end
            self._post(Failed(error))

    def _guard(
        self,
        callback: Callable[[Consumer, list[TopicPartition]], None],
        consumer: Consumer,
        partitions: list[TopicPartition],
    ) -> None:
        """Run a callback of the client, and keep its exception until the poll returns: the client would lose it."""
        try:
            callback(consumer, partitions)
        except Exception as error:  # noqa: BLE001 - raised again by `_poll`
            self._failure = error

    def _apply_paused(self) -> None:
        # A consumer's methods exclude each other, and a thread that always polls lets no other thread in. So all of
        # them are called in the poller's thread.
        if self._is_new_assignment:
            # The client keeps a pause beyond the assignment in which the pause was made.
            self._consumer.resume([TopicPartition(*partition) for partition in self._owned])
            self._paused = frozenset()
            self._is_new_assignment = False
        wanted = self._wanted_paused & self._owned
        if added := wanted - self._paused:
            self._consumer.pause([TopicPartition(*partition) for partition in added])
        if removed := self._paused - wanted:
            self._consumer.resume([TopicPartition(*partition) for partition in removed])
        self._paused = wanted

    def _poll(self) -> None:
        rebalances = self._rebalances
        # `consume` waits until it has as many messages as were asked for. With a time-out of 0 it returns what the
        # client has.
        messages: list[Any] = []
        if (first := self._consumer.poll(_POLL_SECONDS)) is not None and self._failure is None:
            messages = [first, *self._consumer.consume(_MESSAGES_PER_POLL, 0)]
        if self._failure is not None:
            raise self._failure
        self._ran_empty = len(messages) <= _MESSAGES_PER_POLL
        if rebalances != self._rebalances and messages:
            # Some of these messages may have been fetched for the assignment before, so all are delivered anew.
            for message in messages:
                raise_error(message, self._committed, self._group)
            if self._owned:
                self._consumer.assign(self._start)
                self._is_new_assignment = True
                self._reached = _offsets_of(self._start)
            return
        self._deliver(self._unreadable.sift(messages) if self._unreadable else messages)
        if self._unreadable and (positions := self._unreadable.positions()):
            # Each probe shows `DeliveryWatch` that something moves. A seek would not do: after a wrong checksum the
            # client may have stopped the partition, and refuses to seek.
            self._reached = {**self._reached, **positions}
            self._consumer.assign([TopicPartition(*partition, offset) for partition, offset in self._reached.items()])
            self._is_new_assignment = True

    def _deliver(self, messages: list[Any]) -> None:
        last = _last_of(messages)
        self._reached = {**self._reached, **{_partition_of(one): _next_offset(one) for one in last.values()}}
        records: list[Any] = []
        for message in messages:
            if message.error() is None:
                records.append(message)
                continue
            raise_error(message, self._committed, self._group)
            if not self._hand_over(records, _last_of(records)):
                return
            records = []
            if is_unreadable(message.error()):
                self._unreadable.begin(message)
                # What the client delivers of this partition behind the error comes again, or is made of corrupt bytes.
                left = messages[messages.index(message) + 1 :]
                self._deliver([one for one in left if _partition_of(one) != _partition_of(message)])
                return
            self._post(EndReached(_partition_of(message), message.offset()))
        self._hand_over(records, last if len(records) == len(messages) else _last_of(records))

    def _look_for_ends(self) -> None:
        if (now := time.monotonic()) >= self._look_for_ends_at:
            self._look_for_ends_at = now + _ENDS_SECONDS
            self._ends = {
                one: self._consumer.get_watermark_offsets(TopicPartition(*one), cached=True)[1] for one in self._owned
            }

    def _hand_over(self, records: list[Any], last: Mapping[tuple[str, int], Any]) -> bool:
        """Post the records, but first wait while the loop has enough to do: a pause does not reach posted records.

        `last` are the last ones of each partition. Returns False if the poller stops meanwhile: what follows the
        records must not be posted either.
        """
        marks = {Partition(*one): Mark(message.offset(), sent_time(message)) for one, message in last.items()}
        self._count(records)
        for some in portions(records):
            while not self._room.acquire(timeout=_POLL_SECONDS):
                if self._stopping.is_set():
                    return False
            self._post(Records(some, marks))
            marks = {}
        return True

    def _count(self, records: list[Any]) -> None:
        """Count delivered records by their topics, of which there are one or two."""
        count, size = len(records), sum(map(len, records))
        for topic in self._topics[1:]:
            sizes = [len(one) for one in records if one.topic() == topic]
            self._measured.consumed(topic, len(sizes), sum(sizes))
            count, size = count - len(sizes), size - sum(sizes)
        self._measured.consumed(self._topics[0], count, size)

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._rebalances += 1
        self._measured.rebalances += 1
        self._go_on()
        self._rebalancing.joined()
        self._go_on()
        owned = committed_offsets(consumer, (Partition(one.topic, one.partition) for one in partitions))
        resolved: dict[Partition, Committed] = {}
        for partition, one in owned.items():
            self._go_on()
            resolved[partition] = committed_position(consumer, one, self._known_topics[one.topic].partitions)
        assignment = Assignment(
            epoch=time.time_ns() // 1_000_000,
            partitions=resolved,
            group_metadata=consumer.consumer_group_metadata(),
        )
        self._committed = {partition: held.offset for partition, held in assignment.partitions.items()}
        self._go_on()
        start = self._rebalancing.assigned(assignment)
        self._unreadable.clear()
        self._start = [TopicPartition(*partition, offset) for partition, offset in start.items()]
        self._owned = frozenset(start)
        self._is_new_assignment = True
        self._reached = _offsets_of(self._start)
        consumer.assign(self._start)

    def _go_on(self) -> None:
        """Raise if the loop ends: it waits for this thread, and each of these questions may take half a minute."""
        if self._stopping.is_set():
            raise _Stopped

    def _assign_again(self) -> None:
        self._is_outdated.clear()
        if self._owned:
            self._rebalancing.revoked()
            if self._stopping.is_set():
                return
            self._on_assign(self._consumer, [TopicPartition(*partition) for partition in self._owned])

    def _on_revoke(self, consumer: Consumer, _: list[TopicPartition]) -> None:
        # Closing the consumer revokes once more, and by then the main thread answers no calls.
        if not self._stopping.is_set():
            self._rebalancing.revoked()
        self._let_go(consumer)

    def _on_lost(self, consumer: Consumer, _: list[TopicPartition]) -> None:
        try:
            if not self._stopping.is_set():
                self._rebalancing.lost()
        finally:
            self._let_go(consumer)

    def _let_go(self, consumer: Consumer) -> None:
        self._rebalances += 1
        self._measured.rebalances += 1
        self._owned = frozenset()
        self._is_new_assignment = False
        self._paused = frozenset()
        self._reached = {}
        self._ends = {}
        self._unreadable.clear()
        consumer.unassign()


def _last_of(messages: list[Any]) -> dict[tuple[str, int], Any]:
    return {(one.topic(), one.partition()): one for one in messages}


def _partition_of(message: Any) -> Partition:
    return Partition(message.topic(), message.partition())


def _next_offset(message: Any) -> int:
    """The offset after a message.

    The client reports an end with the offset that comes next, behind the markers of transactions. An error may have no
    offset.
    """
    offset: int = message.offset()
    return offset + 1 if message.error() is None else offset


def _offsets_of(start: Iterable[TopicPartition]) -> dict[Partition, int]:
    return {Partition(one.topic, one.partition): one.offset for one in start}
