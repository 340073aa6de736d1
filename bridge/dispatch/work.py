"""What leaves dispatch: tasks to Celery's queues, and finished records to the next transaction."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from bridge.kafka.transaction import Output, Partition


class OutgoingTask(NamedTuple):
    """A Celery task; `body` is its JSON, `summary` what Flower shows instead of it."""

    task_id: str
    name: str
    queue: int
    body: bytes
    summary: str
    losses: int


class Finished(msgspec.Struct, frozen=True, gc=False):
    """Consumed records of one partition whose outputs are ready to be published, all in one transaction."""

    partition: Partition
    offsets: Sequence[int]
    outputs: Sequence[Output]
    receipt: Output | None = None
    """Where the records come from their dead letters: then their offsets were finished before. One for the last of a
    conversation in a transaction will do."""
