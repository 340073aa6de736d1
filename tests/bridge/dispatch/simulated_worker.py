"""A worker without servers: the real decoding, sequencing and encoding around rows in a dictionary."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import count as count_from

from bridge.dispatch.work import OutgoingTask
from chat_tasks.conversation.records import NO_HEAD, Row, StoredRow
from chat_tasks.conversation.sequencer import allocate, check_agreement
from chat_tasks.formats.tasks import (
    APPEND_TASK,
    Answer,
    AppendTask,
    ConversationBatch,
    Failure,
    Generations,
    LatestTask,
    Reply,
    Result,
    decode_append_task,
    decode_latest_task,
    decode_reply,
    encode_reply,
)
from chat_tasks.formats.topics import encode_block

BUCKET_SIZE = 4
UNWRITABLE = "unwritable"
STALE = Failure(Answer.RETRY, "a Cassandra node has started")


def as_stored(row: Row) -> StoredRow:
    """What a read of the row gives."""
    texts = row.sender, row.recipients, row.body
    return StoredRow(row.sequence, row.log_id, row.log_offset, *texts, *[row.write_timestamp] * len(texts))


def _head_of(rows: Mapping[int, Row], first: int) -> int:
    return max((row.sequence for row in rows.values() if row.log_offset < first), default=NO_HEAD)


class SimulatedWorker:
    """`rows` of each conversation by sequence number: all that Cassandra holds. `generations` are its nodes'.

    `written` are also those that it has forgotten, `damaged` the conversations whose rows contradict the log;
    `written_at` tells since when each row is there, by the clock `now`.
    """

    def __init__(self, generations: Generations | None = None) -> None:
        self.rows: dict[str, dict[int, Row]] = defaultdict(dict)
        self.written: dict[str, dict[int, Row]] = defaultdict(dict)
        self.written_at: dict[str, dict[int, float]] = defaultdict(dict)
        self.now = 0.0
        self.damaged = {UNWRITABLE}
        self.generations = generations

    def perform(self, task: OutgoingTask, failing: frozenset[str] = frozenset()) -> Reply:
        """The reply to a task; conversations that are `failing` write their first row only."""
        if task.name == APPEND_TASK:
            append = decode_append_task(task.body)
            results = self.append(append, failing)
            return decode_reply(encode_reply(append.task_id, 0.5, results))
        latest = decode_latest_task(task.body)
        return decode_reply(encode_reply(latest.task_id, 0.5, self.latest(latest, failing)))

    def append(self, task: AppendTask, failing: frozenset[str]) -> list[Result]:
        """One result a conversation."""
        return [self._append(task, batch, failing=batch.conversation_key in failing) for batch in task.conversations]

    def _append(self, task: AppendTask, batch: ConversationBatch, *, failing: bool) -> Result:
        if batch.conversation_key in self.damaged:
            return Failure(Answer.REFUSED, "its rows contradict the log")
        mine = self.rows[batch.conversation_key]
        first = batch.records[0].offset
        if task.generations != self.generations and batch.head is None:
            return STALE
        found = _head_of(mine, first)
        head = found if batch.head is None else batch.head
        if task.generations == self.generations:
            before_it_forgot = _head_of(self.written[batch.conversation_key], first)
            assert head == before_it_forgot, "what was passed along or read is what a read would find in complete rows"
        rows = allocate(batch.conversation_key, head, batch.records, task.log_id, BUCKET_SIZE)
        check_agreement(rows, [as_stored(row) for row in mine.values() if row.log_offset >= first])
        written = {row.sequence: row for row in rows[: 1 if failing else None]}
        # What is written a second time stays as old as it is.
        self.written_at[batch.conversation_key].update(dict.fromkeys(written.keys() - mine.keys(), self.now))
        mine.update(written)
        self.written[batch.conversation_key].update(mine)
        return Failure(Answer.RETRY, "Cassandra is down") if failing else head + 1

    def latest(self, task: LatestTask, failing: frozenset[str]) -> list[Result]:
        """One result a request."""
        if task.generations != self.generations:
            return [STALE for _ in task.requests]
        return [
            Failure(Answer.RETRY, "Cassandra is down")
            if request.conversation_key in failing
            else self._block(request.conversation_key, request.count, request.before)
            for request in task.requests
        ]

    def _block(self, key: str, count: int, before: int | None) -> str:
        mine = self.rows[key]
        # What lies above a gap was written before Cassandra forgot, and is not published yet.
        acknowledged = next(sequence for sequence in count_from(0) if sequence not in mine)
        below = [mine[sequence] for sequence in range(acknowledged) if before is None or sequence < before]
        newest = below[max(0, len(below) - count) :]
        return encode_block(key, [(row.sender, row.body, row.sequence) for row in newest]).decode()
