"""Writes the rows of many conversations with few requests, and no row before all lower rows of its conversation."""

from collections.abc import Mapping, Sequence

from cassandra.cluster import NoHostAvailable, Session
from cassandra.query import BatchStatement

from chat_tasks.conversation.buckets import first_sequence
from chat_tasks.conversation.chunks import Chunk, Thresholds, cut_into_chunks, group_into_batches, waves
from chat_tasks.conversation.marks import mark_of_bucket
from chat_tasks.conversation.records import Row
from chat_tasks.storage.requests.batches.encoder import encode_batches_of
from chat_tasks.storage.requests.batches.statement import unlogged_batch
from chat_tasks.storage.requests.counted_requests import CountedRequests
from chat_tasks.storage.requests.ring import Ring, routing_key
from chat_tasks.tracing import database

_REQUESTS_IN_FLIGHT = 16


class RowWriter:
    """Writes rows to Cassandra, in waves of requests.

    The worker's resources own one for each worker process, which works on one task at a time. It keeps no state besides
    the thresholds, the prepared statements and what it counts, and lives as long as the process. Invariants: no row is
    written before all lower rows of its conversation are acknowledged, or are in the same chunk; and a write is
    idempotent, so the same rows may be written any number of times, by any process. A request that fails raises
    nothing: its conversations get the exception.
    """

    def __init__(
        self,
        session: Session,
        keyspace: str,
        ring: Ring,
        thresholds: Thresholds,
        bucket_size: int,
    ) -> None:
        encode_batches_of(session)
        self.requests = CountedRequests(session)
        self._rows = 0
        self._ring = ring
        self._thresholds = thresholds
        self._bucket_size = bucket_size
        self._insert = session.prepare(
            f"INSERT INTO {keyspace}.messages (conversation_key, bucket, seq, sender, recipients, body, log_id, "
            "log_offset, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?"
        )
        self._insert_pointer = session.prepare(
            f"INSERT INTO {keyspace}.conversation_buckets (conversation_key, bucket) VALUES (?, ?) USING TIMESTAMP 1"
        )
        self._mark = session.prepare(
            f"UPDATE {keyspace}.messages USING TIMESTAMP ? "
            "SET newest_bucket = ?, newest_log_id = ?, newest_log_offset = ? WHERE conversation_key = ? AND bucket = 0"
        )

    def write(self, rows: Mapping[str, Sequence[Row]]) -> dict[str, Exception]:
        """Write each conversation's rows, ascending; blocks. Returns the failed conversations with the reason.

        Some rows of a failed conversation may be written, always a run from its first row on.
        """
        failed = self._write_pointers(rows)
        chunks = [cut_into_chunks(mine) for key, mine in rows.items() if key not in failed]
        for wave in waves(chunks):
            self._write_wave([chunk for chunk in wave if chunk.conversation_key not in failed], failed)
        self._rows += sum(len(mine) for key, mine in rows.items() if key not in failed)
        return failed

    def take_rows(self) -> int:
        """The number of rows that were written since the last call."""
        rows, self._rows = self._rows, 0
        return rows

    def _write_pointers(self, rows: Mapping[str, Sequence[Row]]) -> dict[str, Exception]:
        """Write the pointers to new buckets; returns the failed conversations with the reason.

        A pointer is acknowledged before the first row of its bucket is written, and so is the bucket's mark. A pointer
        to an empty bucket does no harm.
        """
        begun = [
            row
            for mine in rows.values()
            if mine[-1].bucket
            for row in mine
            if row.bucket and row.sequence == first_sequence(row.bucket, self._bucket_size)
        ]
        pointers = [(self._insert_pointer, (row.conversation_key, row.bucket)) for row in begun]
        marks = [(self._mark, mark_of_bucket(row)) for row in begun]
        writes = database.batch("conversation_buckets", len(pointers))
        results = self.requests.send(writes, pointers + marks)
        return {
            row.conversation_key: result
            for row, (succeeded, result) in zip(begun + begun, results, strict=True)
            if not succeeded
        }

    def _write_wave(self, wave: Sequence[Chunk], failed: dict[str, Exception]) -> None:
        alone: list[list[Chunk]] = []
        replicas = self._ring.now()
        for batch, error in self._write_batches(group_into_batches(wave, self._thresholds, replicas.of_chunk)):
            if len(batch) > 1 and not isinstance(error, NoHostAvailable):
                # One conversation that cannot be written must not fail the conversations that only shared its request.
                alone.extend([chunk] for chunk in batch)
            else:
                failed.update({chunk.conversation_key: error for chunk in batch})
        for [chunk], error in self._write_batches(alone):
            failed[chunk.conversation_key] = error

    def _write_batches(self, batches: Sequence[list[Chunk]]) -> list[tuple[list[Chunk], Exception]]:
        writes = database.batch("messages", sum(len(chunk.rows) for batch in batches for chunk in batch))
        requests = [(self._request(batch), ()) for batch in batches]
        results = self.requests.send(writes, requests, concurrency=_REQUESTS_IN_FLIGHT)
        return [(batch, result) for batch, (succeeded, result) in zip(batches, results, strict=True) if not succeeded]

    def _request(self, batch: Sequence[Chunk]) -> BatchStatement:
        rows = [values for chunk in batch for values in chunk.rows]
        marks = [chunk.mark for chunk in batch if chunk.mark is not None]
        key = routing_key(batch[0].conversation_key, batch[0].bucket)
        return unlogged_batch(key, (self._insert, rows), (self._mark, marks))
