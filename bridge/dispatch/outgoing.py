"""What leaves dispatch: tasks to Celery's queues, and finished records to the next transaction."""

from collections.abc import Sequence
from typing import NamedTuple

from bridge.transaction import Output, Partition


class OutgoingTask(NamedTuple):
    """A Celery task; `argument` is its one argument's JSON, `summary` what Flower shows instead of it."""

    task_id: str
    name: str
    queue: int
    argument: bytes
    summary: str
    losses: int


class Finished(NamedTuple):
    """A consumed record whose outputs, none for a replay of a dead one, are ready to be published."""

    partition: Partition
    offset: int
    outputs: Sequence[Output]
    receipt: Output | None = None
    """Where the record comes from its dead letter, whose offset was finished before. One for the last of a conversation
    in a transaction will do."""
