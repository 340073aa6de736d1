"""The append work of an assignment that begins, and records for it."""

from collections.abc import Sequence
from typing import Any

from bridge.dispatch.conversations.appends import AppendWork
from bridge.dispatch.heads.partition_heads import PartitionHeads
from bridge.dispatch.servers.facts import AssignmentFacts
from bridge.dispatch.work import Outcome, OutgoingTask
from bridge.kafka.headers import Headers
from bridge.kafka.transaction import Partition
from bridge.records.log_record import LogRecord
from chat_tasks.formats.seal import Seal
from chat_tasks.formats.tasks import Reply, Result
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings

SETTINGS = Settings(queues=4, tasks_per_queue=2, instance_name="dispatch.1")
LOG = Partition(SETTINGS.log_topic, 5)
LOG_ID = "00000000-0000-0000-0000-000000000001"
SEAL = Seal("chat", LOG_ID, [b"a key"])
MANY = 1_000


def append_work(settings: Settings = SETTINGS, **changes: Any) -> AppendWork:
    """Of an assignment that begins."""
    heads = changes.pop("heads", {LOG.number: PartitionHeads(1_000)})
    facts = AssignmentFacts(LOG_ID, {"host": 1_600}, frozenset(), {}, 3, 3, SEAL, {})
    return AppendWork(
        settings,
        facts._replace(**changes),
        epoch=1_700,
        reply_to="chat:replies:dispatch.1:1700",
        heads=heads,
    )


def replayed_and_new() -> AppendWork:
    """Of a conversation whose newest number, 7, is known: the record 3 is to be written again, the record 9 is new."""
    heads = PartitionHeads(capacity=10)
    heads.written("abc123", 7, replay=False)
    heads.begin(replay=True)
    work = append_work(heads={LOG.number: heads})
    for one in (record(3, replay=True), record(9)):
        work.add_record("abc123", one)
    return work


def message(body: str, key: str = "abc123") -> bytes:
    return encode_message(InstantMessage(conversationKey=key, sender="bob", recipients=["ann"], body=body))


def record(offset: int, key: str = "abc123", *, headers: Headers | None = None, replay: bool = False) -> LogRecord:
    """Sent at 1970-01-01 00:00:00.500, its body is its offset."""
    return LogRecord(LOG.number, offset, b"500", message(str(offset), key), headers or [], replay)


def plan(work: AppendWork, now: float = 0) -> list[OutgoingTask]:
    return list(work.plan(now, MANY))


def take_reply(
    work: AppendWork, task: OutgoingTask, results: Sequence[Result], *, seconds: float = 0, now: float = 0
) -> Outcome | None:
    """A worker answers the task."""
    return work.take_reply(task, Reply(task.task_id, seconds, results), now)


def outstanding(work: AppendWork) -> int:
    """The number of tasks that were planned and neither answered nor lost."""
    return sum(len(scheduler.outstanding) for scheduler in work.schedulers.values())
