"""The interface of a handler: what ingest and dispatch each do inside the loop that they share."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from bridge.kafka.assignment import Assignment
from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.reading.offsets import Bounds
from bridge.kafka.transaction import CommittedOffset, Partition, Transaction
from bridge.loop.measuring.delivery_times import DeliveryTimes
from bridge.loop.transactions.pacing import Pace
from chat_tasks.metrics.metric import Sample

_TICK_SECONDS = 1.0


class Unfinished(NamedTuple):
    """How many records of a partition are delivered and unfinished, and the offset of the first of them."""

    records: int
    first: int


class LoopHandler(ABC):
    """What a loop does with its records.

    The `Loop` owns its handler: a handler lives and ends with one loop. Every method except `prepare` is called in the
    loop's thread, and must not block on a server. The order of calls: `start`; then for each assignment `prepare`,
    `assigned`, any number of the others, `revoked`; at the end `close`. Between two assignments `tick` and `event` may
    be called, with nothing to work on.

    Only `prepare` may raise `KafkaException` or `DependencyUnavailable`. The loop takes these two for failures of its
    own clients, after which the handler's state can still be trusted. Any other exception ends the loop, and nothing of
    the handler's state is used again.
    """

    def __init__(self, topics: Sequence[str], group: str) -> None:
        """Name the topics to subscribe to, and the consumer group to join.

        `delivery_times` are filled by the loop, for the handler to read. `pace` is that of its transactions.
        """
        self.topics = topics
        self.group = group
        self.pace = Pace()
        self.delivery_times = DeliveryTimes()

    # Life.

    def start(self, post: Callable[[object], None]) -> None:
        """Start the handler's threads, if it has any, while the loop joins its group.

        The threads call `post` to send an event; the loop's thread hands the event to `event`.
        """

    def close(self) -> None:
        """End the threads; returns at once. Called once, also if the loop has failed."""

    # Assignments.

    def prepare(self, assignment: Assignment) -> Any:
        """Ask servers what `assigned` has to know, and return the answer.

        Called in the poller's thread, and may block. Raises `ChatTasksError`, which ends the loop.
        """

    @abstractmethod
    def assigned(self, assignment: Assignment, prepared: Any) -> Mapping[Partition, int]:
        """Make new state; returns the offset at which to start each partition. Raises `ConfigurationError`."""

    @abstractmethod
    def revoked(self) -> None:
        """Drop all state: the assignment is over.

        Called after the last transaction has ended, or after a failure of Kafka that leaves its outcome unknown.
        """

    # Records in.

    @abstractmethod
    def records(self, messages: Sequence[Any]) -> None:
        """Take consumed messages, those of each partition in order. Some may belong to partitions that were revoked."""

    def end_reached(self, partition: Partition, offset: int) -> None:
        """Take note that every record of the partition before `offset` was delivered."""

    @abstractmethod
    def unreadable(self, records: UnreadableRecords) -> None:
        """Take note that these records will not be delivered. They may belong to a partition that was revoked.

        Raises `ChatTasksError`, which ends the loop, if offsets do not ascend.
        """

    @abstractmethod
    def full(self) -> set[Partition]:
        """The partitions that are to deliver no more for now; called after every round of the loop."""

    # Work.

    def event(self, event: object) -> None:
        """Take an event that the handler's own threads have posted."""
        raise AssertionError(event)

    def tick(self, now: float) -> float:
        """Do what is due; returns the latest time of the next call. Both times are monotonic, in seconds."""
        return now + _TICK_SECONDS

    # Transactions out.

    @abstractmethod
    def next_transaction(self, most_bytes: int) -> Transaction | None:
        """What can be published and committed now, or None; called only if no transaction is under way.

        Its values may have `most_bytes`, and more only if they belong together.
        """

    def at_rest(self) -> Sequence[CommittedOffset]:
        """The commits that move an offset to the end of its partition, behind what holds no record.

        A marker of a transaction, for instance. Called if nothing was committed for three seconds: a transaction is due
        then anyway. Without such a commit the group would seem to lag for ever.
        """
        return ()

    def committed(self, transaction: Transaction) -> None:
        """Take note that the transaction is committed."""

    # What can be measured; called seldom, when a Prometheus server asks.

    @abstractmethod
    def unfinished(self) -> Mapping[Partition, Unfinished]:
        """The unfinished records of each owned partition."""

    @abstractmethod
    def paused(self) -> Mapping[str, int]:
        """The number of partitions that `full` names, by the reason; the same reasons each time."""

    def measure(self, bounds: Mapping[Partition, Bounds]) -> Iterable[Sample]:  # noqa: ARG002 - for those that override it
        """What else can be measured; `bounds` are those of owned partitions, as far as they are known."""
        return ()

    # Progress and the end.

    @abstractmethod
    def has_work(self) -> bool:
        """Whether something waits to be done or published."""

    def progress(self) -> int:
        """A number that grows whenever something gets done that no transaction shows."""
        return 0

    def servers_answer(self) -> bool:
        """Whether all servers besides Kafka that the work needs answer. If one does not, standing still is no stall."""
        return True

    def drain(self) -> None:
        """Begin nothing new: the loop ends as soon as `is_drained`."""

    @abstractmethod
    def is_drained(self) -> bool:
        """Whether nothing is left that a little waiting would finish."""
