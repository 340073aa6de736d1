"""Writes the rows of many conversations with few requests, and no row before all lower rows of its conversation."""

from collections.abc import Mapping, Sequence

from cassandra.cluster import NoHostAvailable, Session
from cassandra.concurrent import execute_concurrent
from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement, Statement

from chat_tasks.conversation.buckets import first_sequence
from chat_tasks.conversation.chunks import Chunk, Thresholds, cut_into_chunks, group_into_batches, waves
from chat_tasks.conversation.marks import mark_of_bucket, mark_of_conversation
from chat_tasks.conversation.records import Row
from chat_tasks.conversation.row_values import RowValues
from chat_tasks.storage.replica_sets import ReplicaSets

_REQUESTS_IN_FLIGHT = 16


class RowWriter:
    """Writes rows to Cassandra, in waves of requests.

    The worker's resources own one for each worker process, which works on one task at a time. It keeps no state besides
    the session, the thresholds and the prepared statements, and lives as long as the process. Invariants: no row is
    written before all lower rows of its conversation are acknowledged, or are in the same chunk; and a write is
    idempotent, so the same rows may be written any number of times, by any process. A request that fails raises
    nothing: its conversations get the exception.
    """

    def __init__(
        self,
        session: Session,
        keyspace: str,
        replica_sets: ReplicaSets,
        thresholds: Thresholds,
        bucket_size: int,
    ) -> None:
        self._session = session
        self._replica_sets = replica_sets
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
        return failed

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
        results = execute_concurrent(self._session, pointers + marks, raise_on_first_error=False)
        return {
            row.conversation_key: result
            for row, (succeeded, result) in zip(begun + begun, results, strict=True)
            if not succeeded
        }

    def _write_wave(self, wave: Sequence[Chunk], failed: dict[str, Exception]) -> None:
        alone: list[list[Chunk]] = []
        replicas = self._replica_sets.now()
        for batch, error in self._write_batches(group_into_batches(wave, self._thresholds, replicas.of_chunk)):
            if len(batch) > 1 and not isinstance(error, NoHostAvailable):
                # One conversation that cannot be written must not fail the conversations that only shared its request.
                alone.extend([chunk] for chunk in batch)
            else:
                failed.update({chunk.conversation_key: error for chunk in batch})
        for [chunk], error in self._write_batches(alone):
            failed[chunk.conversation_key] = error

    def _write_batches(self, batches: Sequence[list[Chunk]]) -> list[tuple[list[Chunk], Exception]]:
        results = execute_concurrent(
            self._session,
            [(self._request(batch), ()) for batch in batches],
            concurrency=_REQUESTS_IN_FLIGHT,
            raise_on_first_error=False,
        )
        return [(batch, result) for batch, (succeeded, result) in zip(batches, results, strict=True) if not succeeded]

    def _request(self, batch: Sequence[Chunk]) -> Statement:
        marks = [(self._mark, mark) for chunk in batch if (mark := mark_of_conversation(chunk)) is not None]
        return insert_rows(self._insert, [values for chunk in batch for values in chunk.rows], marks)


def insert_rows(
    insert: PreparedStatement,
    rows: Sequence[RowValues],
    others: Sequence[tuple[PreparedStatement, RowValues]] = (),
) -> Statement:
    """One request for all of these rows, which live on the same replicas; `insert` binds the fields of a `Row`.

    `others` are further statements for the same partitions. The request is unlogged: the server's batch log would make
    several conversations atomic, which nothing here needs.
    """
    first = BoundStatement(insert)
    first.values = rows[0]
    if len(rows) == 1 and not others:
        return first
    statement = BatchStatement(batch_type=BatchType.UNLOGGED)
    # The statement takes its routing key from the first row. `add` looks for a key in each of the other rows too, and
    # that takes as long as sending them.
    statement.add(first)
    statement._statements_and_parameters.extend([(True, insert.query_id, values) for values in rows[1:]])  # noqa: SLF001
    statement._statements_and_parameters.extend([(True, one.query_id, values) for one, values in others])  # noqa: SLF001
    return statement
