"""Rows numbered by Cassandra's conditional writes: the head is a static column, and a batch applies if it is as read.

Beside the head each conversation keeps how far each input partition is applied, so that a record that is consumed again
after a crash is found, and published under the number it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cassandra import ConsistencyLevel
from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent
from cassandra.query import BatchStatement

from chat_tasks.conversation.records import Chatter
from chat_tasks.formats.topics import Message

_IN_FLIGHT = 128


class Source(NamedTuple):
    """Where a record stands in the input topic."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Head:
    """A conversation's newest number, None if it has none, and the last offset applied of each input partition."""

    sequence: int | None = None
    applied: Mapping[int, int] = field(default_factory=dict)

    def covers(self, source: Source) -> bool:
        """Whether that record has its row."""
        return source.offset <= self.applied.get(source.partition, -1)

    def after(self, sources: Sequence[Source]) -> Head:
        """The head as it is when the records of `sources` have their rows."""
        newest = -1 if self.sequence is None else self.sequence
        return Head(newest + len(sources), {**self.applied, **{source.partition: source.offset for source in sources}})


Pending = Mapping[str, Mapping[Source, Message]]
"""Records without a row, by conversation, in the order in which they were consumed."""


class ConditionalRows:
    """The table, and the heads that this process believes in."""

    def __init__(self, session: Session, keyspace: str) -> None:
        self._session = session
        self._heads: dict[str, Head] = {}
        table = f"{keyspace}.lwt"
        session.execute(
            f"CREATE TABLE IF NOT EXISTS {table} (conversation_key text, seq bigint, head bigint static, "
            "applied frozen<map<int, bigint>> static, sender text, recipients frozen<list<text>>, body text, "
            "source_partition int, source_offset bigint, PRIMARY KEY (conversation_key, seq)) "
            "WITH CLUSTERING ORDER BY (seq DESC)"
        )
        self._advance = session.prepare(
            f"UPDATE {table} SET head = ?, applied = ? WHERE conversation_key = ? IF head = ?"
        )
        self._insert = session.prepare(
            f"INSERT INTO {table} (conversation_key, seq, sender, recipients, body, source_partition, source_offset) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        self._read_head = session.prepare(f"SELECT head, applied FROM {table} WHERE conversation_key = ? LIMIT 1")
        # Ends what an interrupted conditional write left undecided.
        self._read_head.consistency_level = ConsistencyLevel.LOCAL_SERIAL
        self._read_rows = session.prepare(
            f"SELECT seq, source_partition, source_offset FROM {table} WHERE conversation_key = ?"
        )
        self._read_newest = session.prepare(f"SELECT sender, body, seq FROM {table} WHERE conversation_key = ? LIMIT ?")

    def forget_heads(self) -> None:
        """Believe in no head any more: after a rebalance others may have written."""
        self._heads.clear()

    def write(self, pending: Pending) -> dict[str, dict[Source, int]]:
        """One conditional batch a conversation, many in flight, until every record has a number; returns those."""
        numbers: dict[str, dict[Source, int]] = {key: {} for key in pending}
        while pending:
            pending = self._without_known(pending, numbers)
            failed = self._write_once(pending, numbers)
            self._heads.update(self._heads_of(failed))
            pending = {key: pending[key] for key in failed}
        return numbers

    def newest(self, requests: Sequence[tuple[str, int]]) -> list[list[Chatter]]:
        """The newest messages for each (conversation, how many), oldest first."""
        results = execute_concurrent(self._session, [(self._read_newest, one) for one in requests], _IN_FLIGHT)
        return [[(row.sender, row.body, row.seq) for row in reversed(list(rows))] for _, rows in results]

    def _without_known(self, pending: Pending, numbers: Mapping[str, dict[Source, int]]) -> Pending:
        """The records without a row; the numbers of the others are looked up and added to `numbers`."""
        rest: dict[str, Mapping[Source, Message]] = {}
        for key, records in pending.items():
            head = self._heads.get(key, Head())
            numbers[key].update(self._find(key, [source for source in records if head.covers(source)]))
            if missing := {source: message for source, message in records.items() if source not in numbers[key]}:
                rest[key] = missing
        return rest

    def _write_once(self, pending: Pending, numbers: Mapping[str, dict[Source, int]]) -> list[str]:
        """Send one batch a conversation.

        Returns the conversations whose head was not as believed, or of whose batch nobody knows whether it was applied.
        """
        statements = [(self._batch(key, records), ()) for key, records in pending.items()]
        results = execute_concurrent(self._session, statements, _IN_FLIGHT, raise_on_first_error=False)
        failed: list[str] = []
        for (key, records), (succeeded, result) in zip(pending.items(), results, strict=True):
            if not succeeded or not result.was_applied:
                failed.append(key)
                continue
            before = self._heads.get(key, Head())
            sources = list(records)
            self._heads[key] = before.after(sources)
            first = 0 if before.sequence is None else before.sequence + 1
            numbers[key].update({source: number for number, source in enumerate(sources, start=first)})
        return failed

    def _batch(self, key: str, records: Mapping[Source, Message]) -> Any:
        # A conversation that is not known is taken for new: where it is not, nothing applies and its head is read.
        head = self._heads.get(key, Head())
        after = head.after(list(records))
        first = 0 if head.sequence is None else head.sequence + 1
        batch = BatchStatement()
        batch.add(self._advance, (after.sequence, after.applied, key, head.sequence))
        for sequence, (source, message) in enumerate(records.items(), start=first):
            batch.add(self._insert, (key, sequence, message.sender, message.recipients, message.body, *source))
        return batch

    def _heads_of(self, keys: Sequence[str]) -> dict[str, Head]:
        results = execute_concurrent(self._session, [(self._read_head, (key,)) for key in keys], _IN_FLIGHT)
        rows = (next(iter(found), None) for _, found in results)
        return {
            key: Head() if row is None else Head(row.head, dict(row.applied or {}))
            for key, row in zip(keys, rows, strict=True)
        }

    def _find(self, key: str, sources: Iterable[Source]) -> dict[Source, int]:
        """The numbers of records that have their rows."""
        missing = set(sources)
        found: dict[Source, int] = {}
        if not missing:
            return found
        for row in self._session.execute(self._read_rows, (key,)):
            source = Source(row.source_partition, row.source_offset)
            if source in missing:
                found[source] = row.seq
            if len(found) == len(missing):
                break
        return found
