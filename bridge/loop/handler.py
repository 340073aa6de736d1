"""What ingest and dispatch each do inside the loop that they share."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from bridge.kafka.assignment import Assignment
from bridge.kafka.transaction import Partition, Transaction


class LoopHandler(Protocol):
    """What a loop does with its records. Called in the loop's thread, except where a method says otherwise."""

    @property
    def topics(self) -> Sequence[str]:
        """What to subscribe to."""

    @property
    def group(self) -> str:
        """The consumer group to join."""

    def prepare(self, assignment: Assignment) -> Any:
        """Whatever of `assigned` may block; called in the poller's thread before it. Raises `ChatTasksError`."""

    def assigned(self, assignment: Assignment, prepared: Any) -> Mapping[Partition, int]:
        """Drop all state and make new; returns where to start each partition."""

    def revoked(self) -> None:
        """The assignment is over: drop all state.

        Not called where a bug ends the loop: then nothing of its state is to be trusted. So no handler may raise what a
        server's failure raises.
        """

    def records(self, messages: Sequence[Any]) -> None:
        """Take consumed messages."""

    def end_reached(self, partition: Partition, offset: int) -> None:
        """No undelivered record lies before `offset`."""

    def event(self, event: object) -> None:
        """An event that the handler's own threads posted."""

    def tick(self, now: float) -> float:
        """Do what is due; returns when to be called next at the latest. `now` is monotonic, in seconds."""

    def next_transaction(self) -> Transaction | None:
        """What can be published and committed now; called only while no transaction runs."""

    def committed(self, transaction: Transaction, now: float) -> None:
        """That transaction is done."""

    def full(self) -> set[Partition]:
        """The partitions that are to deliver no more for now."""

    def has_work(self) -> bool:
        """Whether something waits to be done or published."""

    def progress(self) -> int:
        """Grows whenever something gets done that no transaction shows."""

    def servers_answer(self) -> bool:
        """Whether all servers that the work needs besides Kafka answer."""

    def drain(self) -> None:
        """Begin nothing new: the loop ends as soon as `is_drained`."""

    def is_drained(self) -> bool:
        """Whether nothing is left that a little waiting would finish."""

    def start(self, post: Callable[[object], None]) -> None:
        """Start threads, if any; the loop joins its group meanwhile."""

    def close(self) -> None:
        """End them."""
