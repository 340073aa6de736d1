"""One process of the limit: makes its rows beforehand, then only writes them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from uuid import UUID

from bench.conditions.loads import Load
from bench.errors import BenchError
from chat_tasks.conversation.records import NO_HEAD, Row, TaskRecord, Text
from chat_tasks.conversation.routing import queue_of
from chat_tasks.conversation.sequencer import allocate
from chat_tasks.formats.topics import InstantMessage, encode_message
from chat_tasks.settings import Settings
from chat_tasks.storage.requests.ring import Ring
from chat_tasks.storage.session import connect
from chat_tasks.storage.thresholds import read_thresholds
from chat_tasks.storage.writer import RowWriter

_LOG_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a load that one of `workers` processes writes: the conversations of its queues."""

    settings: Settings = field(hash=False)  # they hold a dictionary
    load: Load
    seed: int
    number: int
    workers: int


def prepare(share: Share, first: int, count: int) -> None:
    """Make the rows of `count` messages from index `first`; the first call connects, too."""
    _writer(share).prepare(first, count)


def write(share: Share) -> tuple[float, float]:
    """Write what was prepared; when it began and ended, in seconds since 1970. Raises `BenchError`."""
    return _writer(share).write()


def tasks_of(messages: Sequence[InstantMessage], share: Share) -> Iterator[list[tuple[int, InstantMessage]]]:
    """The messages of each task with their indices: as many of one queue as dispatch would hold and may send."""
    settings = share.settings
    size = len(encode_message(messages[0]))
    window = min(settings.records_in_flight, settings.bytes_in_flight // size)
    largest = min(settings.task_records, settings.task_bytes // size)
    for start in range(0, len(messages), window):
        queues: dict[int, list[tuple[int, InstantMessage]]] = {}
        for index, message in enumerate(messages[start : start + window], start=start):
            queues.setdefault(queue_of(message.conversationKey.encode(), settings.queues), []).append((index, message))
        for queue, mine in sorted(queues.items()):
            if queue % share.workers == share.number:
                yield from (mine[at : at + largest] for at in range(0, len(mine), largest))


@dataclass(slots=True)
class _Writer:
    share: Share
    rows: RowWriter
    heads: dict[str, int] = field(default_factory=dict)
    tasks: list[dict[str, list[Row]]] = field(default_factory=list)

    def prepare(self, first: int, count: int) -> None:
        messages = self.share.load.messages(count, seed=self.share.seed, first=first)
        for task in tasks_of(messages, self.share):
            records: dict[str, list[TaskRecord]] = {}
            for index, message in task:
                sent_at = round(time.time() * 1000)
                text = Text(message.sender, message.recipients, message.body)
                record = TaskRecord(first + index, sent_at, text)
                records.setdefault(message.conversationKey, []).append(record)
            self.tasks.append({key: self._allocate(key, mine) for key, mine in records.items()})

    def write(self) -> tuple[float, float]:
        began = time.time()
        for task in self.tasks:
            if failed := self.rows.write(task):
                raise BenchError(f"{len(failed)} conversations could not be written: {next(iter(failed.values()))}")
        self.tasks.clear()
        return began, time.time()

    def _allocate(self, key: str, records: Sequence[TaskRecord]) -> list[Row]:
        rows = allocate(key, self.heads.get(key, NO_HEAD), records, _LOG_ID, self.share.settings.bucket_size)
        self.heads[key] = rows[-1].sequence
        return rows


@cache
def _writer(share: Share) -> _Writer:
    settings = share.settings
    session = connect(settings)
    keyspace = settings.cassandra_keyspace
    thresholds = read_thresholds(session)
    rows = RowWriter(session, keyspace, Ring(session, keyspace), thresholds, settings.bucket_size)
    return _Writer(share, rows)
