"""What dispatch works on, and what comes of it: requests, tasks for Celery, finished records for a transaction."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from bridge.kafka.headers import Headers
from bridge.kafka.transaction import Output, Partition
from bridge.records.log_record import LogRecord
from chat_tasks.formats.tasks import LatestRequest


class PendingRequest(NamedTuple):
    """A delivered request; its key and headers go back with the block."""

    partition: int
    offset: int
    request: LatestRequest
    key: bytes | None
    headers: Headers


class TaskKind(StrEnum):
    """What a task is for; its id begins with this.

    - APPEND: new records are written, or such as are written again before new ones of their conversation may
      follow.
    - REPLAY: records are written again beside new ones.
    - LATEST: the latest messages are read.
    """

    APPEND = "append"
    REPLAY = "replay"
    LATEST = "latest"


class OutgoingTask(NamedTuple):
    """A Celery task; `body` is its JSON, `summary` what Flower shows instead of it.

    `kind` and `number` say which scheduler planned it, and how the scheduler calls it.
    """

    kind: TaskKind
    number: int
    task_id: str
    name: str
    queue: int
    body: bytes
    summary: str
    losses: int


class Finished(msgspec.Struct, frozen=True, gc=False):
    """Consumed records of one partition whose outputs are ready to be published, all in one transaction.

    A `receipt` is for records that come from their dead letters: their offsets were finished before. In a transaction
    the last receipt of a conversation will do.
    """

    partition: Partition
    offsets: Sequence[int]
    outputs: Sequence[Output]
    receipt: Output | None = None


class Outcome(NamedTuple):
    """What came of records of the log.

    `finished` are ready to be published, `replayed` only written again. `refused` are conversations to quarantine, and
    why; their records are held. `retries` are the reasons for which conversations are tried again, and how many are.
    """

    finished: list[Finished]
    replayed: list[LogRecord]
    refused: dict[str, str]
    retries: dict[str, int]
