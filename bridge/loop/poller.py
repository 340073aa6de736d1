"""Polls a consumer in a thread of its own and hands what happens to a loop's main thread.

Rebalances are carried out by calling the main thread and waiting: a partition is given away only after the running
transaction has ended and its state is dropped.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from confluent_kafka import OFFSET_INVALID, Consumer, TopicPartition

from bridge.kafka.assignment import Assignment, Committed
from bridge.kafka.errors import offset_gone, raise_error
from bridge.kafka.groups import OFFSET_SECONDS, committed_offsets
from bridge.kafka.transaction import Partition
from bridge.loop.events import EndReached, Failed, Records
from chat_tasks.errors import ConfigurationError

_MESSAGES_PER_POLL = 1000
_RECORDS_POSTED = 4
_POLL_SECONDS = 0.1


class Rebalancing(Protocol):
    """The main thread's side of a rebalance; called in the poller's thread, and may block."""

    def joined(self) -> None:
        """Before the committed offsets are asked for: end what a predecessor of this name left open."""

    def assigned(self, assignment: Assignment) -> Mapping[Partition, int]:
        """Make new state; returns where to start each partition."""

    def revoked(self) -> None:
        """Wait for the running transaction, then drop all state."""

    def lost(self) -> None:
        """The member's session is over, and others may own everything by now. May raise, which ends the poller.

        Afterwards the client joins again, as a new member of its old name: an offset that is still on its way as the
        old one's is refused like a namesake's.
        """


class Poller:
    """A consumer and its thread. `post` gets `Records`, `EndReached` and `Failed`."""

    def __init__(
        self,
        config: dict[str, Any],
        topics: Iterable[str],
        known_partitions: Mapping[str, int],
        rebalancing: Rebalancing,
        post: Callable[[object], None],
    ) -> None:
        """`known_partitions` are those that `init` gave a starting offset, by topic; later ones start at 0."""
        self._topics = list(topics)
        self._known_partitions = known_partitions
        self._rebalancing = rebalancing
        self._post = post
        self._consumer = Consumer(config)
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
        self._stopping = threading.Event()
        self._room = threading.Semaphore(_RECORDS_POSTED)
        self._thread = threading.Thread(target=self._run, name="poller", daemon=True)

    def start(self) -> None:
        """Join the group; returns at once."""
        self._thread.start()

    def stop_soon(self) -> None:
        """Poll no more after the poll that is under way; the membership lasts until `close`."""
        self._stopping.set()

    def close(self) -> None:
        """Stop and let the consumer go. A static member keeps its partitions until its session times out."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._consumer.close()

    def batch_handled(self) -> None:
        """One `Records` was worked through."""
        self._room.release()

    def set_paused(self, partitions: frozenset[Partition]) -> None:
        """Deliver no more of these and deliver all others; returns at once, and what is already polled still comes."""
        self._wanted_paused = partitions

    def assign_again(self) -> None:
        """Give the assignment up and take the same partitions anew, without leaving the group; returns at once."""
        self._is_outdated.set()

    def positions(self) -> Mapping[Partition, int]:
        """Offsets before which nothing is undelivered, of the partitions that are not held up on purpose; any thread.

        None, unless all that was fetched has been delivered since the last call: what waits here is not missing.
        """
        ran_empty, self._ran_empty = self._ran_empty, False
        held_up = self._wanted_paused | self._paused
        return {one: offset for one, offset in self._reached.items() if ran_empty and one not in held_up}

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
        except Exception as error:  # noqa: BLE001 - whatever it is, the loop must hear of it and end
            self._post(Failed(error))

    def _guard(
        self,
        callback: Callable[[Consumer, list[TopicPartition]], None],
        consumer: Consumer,
        partitions: list[TopicPartition],
    ) -> None:
        """The client loses an exception that its callback raises, so it is kept until the poll returns."""
        try:
            callback(consumer, partitions)
        except Exception as error:  # noqa: BLE001 - raised again by `_poll`
            self._failure = error

    def _apply_paused(self) -> None:
        # A consumer's methods exclude each other, and a thread that polls all the time lets no other one in: they are
        # all called here.
        if self._is_new_assignment:
            # A pause outlives the assignment that it was made in.
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
        # `consume` waits until it has all the messages it was asked for, so only what is there already is asked for.
        messages: list[Any] = []
        if (first := self._consumer.poll(_POLL_SECONDS)) is not None and self._failure is None:
            raise_error(first, self._committed)
            messages = [first, *self._consumer.consume(_MESSAGES_PER_POLL, 0)]
        if self._failure is not None:
            raise self._failure
        self._ran_empty = len(messages) <= _MESSAGES_PER_POLL
        if rebalances != self._rebalances and messages:
            # Some of them may have been fetched for the assignment before: have them all delivered anew.
            for message in messages:
                raise_error(message, self._committed)
            if self._owned:
                self._consumer.assign(self._start)
                self._is_new_assignment = True
                self._reached = _offsets_of(self._start)
            return
        last = {(one.topic(), one.partition()): one for one in messages}
        self._reached = {**self._reached, **{_partition_of(one): _next_offset(one) for one in last.values()}}
        records: list[Any] = []
        for message in messages:
            if message.error() is None:
                records.append(message)
                continue
            raise_error(message, self._committed)
            if not self._hand_over(records):
                return
            records = []
            self._post(EndReached(_partition_of(message), message.offset()))
        self._hand_over(records)

    def _hand_over(self, records: list[Any]) -> bool:
        """Waits while the loop has enough to do: what is posted is beyond the reach of a pause.

        False where it stops meanwhile: what follows must not be posted either.
        """
        if not records:
            return True
        while not self._room.acquire(timeout=_POLL_SECONDS):
            if self._stopping.is_set():
                return False
        self._post(Records(records))
        return True

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._rebalances += 1
        self._rebalancing.joined()
        owned = committed_offsets(consumer, (Partition(one.topic, one.partition) for one in partitions))
        assignment = Assignment(
            epoch=time.time_ns() // 1_000_000,
            partitions={partition: self._resolve(consumer, one) for partition, one in owned.items()},
            group_metadata=consumer.consumer_group_metadata(),
        )
        self._committed = {partition: held.offset for partition, held in assignment.partitions.items()}
        start = self._rebalancing.assigned(assignment)
        self._start = [TopicPartition(*partition, offset) for partition, offset in start.items()]
        self._owned = frozenset(start)
        self._is_new_assignment = True
        self._reached = _offsets_of(self._start)
        consumer.assign(self._start)

    def _assign_again(self) -> None:
        self._is_outdated.clear()
        if self._owned:
            self._rebalancing.revoked()
            if self._stopping.is_set():
                return
            self._on_assign(self._consumer, [TopicPartition(*partition) for partition in self._owned])

    def _resolve(self, consumer: Consumer, one: TopicPartition) -> Committed:
        low, high = consumer.get_watermark_offsets(one, timeout=OFFSET_SECONDS)
        if one.offset > high:
            # Whoever begins to read before it would take what comes there for what was there once.
            raise offset_gone(Partition(one.topic, one.partition), one.offset)
        if one.offset != OFFSET_INVALID:
            return Committed(one.offset, one.metadata or "", low)
        if one.partition < self._known_partitions[one.topic]:
            raise ConfigurationError(
                f"the group has no offset for {one.topic}[{one.partition}]: `init` was not run, or the offset has "
                "expired. `chat-tasks init` sets it to the earliest record, `chat-tasks init --from latest` to the end"
            )
        return Committed(0, "", low)

    def _on_revoke(self, consumer: Consumer, _: list[TopicPartition]) -> None:
        # Closing the consumer revokes once more, when nobody is left to be asked.
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
        self._owned = frozenset()
        self._is_new_assignment = False
        self._paused = frozenset()
        self._reached = {}
        consumer.unassign()


def _partition_of(message: Any) -> Partition:
    return Partition(message.topic(), message.partition())


def _next_offset(message: Any) -> int:
    """An end is told with the offset that comes next, behind the markers of transactions; an error may have none."""
    offset: int = message.offset()
    return offset + 1 if message.error() is None else offset


def _offsets_of(start: Iterable[TopicPartition]) -> dict[Partition, int]:
    return {Partition(one.topic, one.partition): one.offset for one in start}
