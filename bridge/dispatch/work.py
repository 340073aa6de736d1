"""What dispatch works on and what comes of it: requests, tasks for Celery, finished records for a transaction."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from bridge.kafka.headers import Headers
from bridge.kafka.transaction import Output, Partition
from bridge.records.log_record import LogRecord
from chat_tasks.formats.tasks import LatestRequest
from chat_tasks.tracing.spans import NOT_RECORDED, Span


class PendingRequest(NamedTuple):
    """A delivered request; its key and headers go back with the block."""

    partition: int
    offset: int
    request: LatestRequest
    key: bytes | None
    headers: Headers


class TaskKind(StrEnum):
    """The purpose of a task; the task's id begins with it.

    - APPEND: new records are written, and replays that new records of their conversation must wait for.
    - REPLAY: replays are written beside new records of their conversations.
    - LATEST: the latest messages are read.
    """

    APPEND = "append"
    REPLAY = "replay"
    LATEST = "latest"


class OutgoingTask(NamedTuple):
    """A Celery task; `body` is its JSON, and Flower shows `summary` instead of it.

    `kind` names the scheduler that planned the task, and `number` is the scheduler's number for it. `records` counts
    its records or requests. `heads` are those that an append task carries, one for each conversation. `span` is that of
    sending it.
    """

    kind: TaskKind
    number: int
    task_id: str
    name: str
    queue: int
    body: bytes
    summary: str
    losses: int
    records: int
    heads: Sequence[int | None] = ()
    span: Span = NOT_RECORDED


class Finished(msgspec.Struct, frozen=True, gc=False):
    """Consumed records of one partition whose outputs are ready to be published, all in one transaction.

    A `receipt` goes with records that come from letters: their offsets were finished before. A transaction needs only
    the last receipt of a conversation.
    """

    partition: Partition
    offsets: Sequence[int]
    outputs: Sequence[Output]
    receipt: Output | None = None


class Outcome(msgspec.Struct, gc=False):
    """What came of records of the log.

    `finished` are ready to be published, and `replayed` were only written again. `refused` are conversations to
    quarantine, each with its reason; their records are held. `retries` are the reasons for which conversations are
    tried again, each with the number of conversations.
    """

    finished: list[Finished] = []
    replayed: list[LogRecord] = []
    refused: dict[str, str] = {}
    retries: dict[str, int] = {}
