"""A batch of statements whose values are encoded already."""

from collections.abc import Sequence
from struct import pack

from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement

from chat_tasks.conversation.row_values import RowValues
from chat_tasks.storage.requests.batches.encoder import EncodedStatements

# One prepared statement, with the encoded values of each of its uses.
Uses = tuple[PreparedStatement, Sequence[RowValues]]


def unlogged_batch(routing_key: bytes, *several: Uses) -> BatchStatement:
    """One request for all of these statements, for the replicas of the partition that `routing_key` names.

    The first of `several` has a use at least. The request is unlogged: the server's batch log would make several
    conversations atomic, which nothing here needs. Only a session with our `BatchEncoder` can send the request.
    """
    encoded = EncodedStatements(
        sum(len(uses) for _, uses in several), b"".join(_encode(statement, uses) for statement, uses in several)
    )
    bound = BoundStatement(several[0][0])
    bound.values = encoded
    batch = BatchStatement(batch_type=BatchType.UNLOGGED)
    # Without it the driver would look for the key among the values.
    batch.routing_key, batch.keyspace = routing_key, bound.keyspace
    return batch.add(bound)


def _encode(statement: PreparedStatement, uses: Sequence[RowValues]) -> bytes:
    """Each use as BATCH has it: that it is of a prepared statement, the statement's id, and the values."""
    query_id: bytes = statement.query_id
    before = b"\1" + pack(">H", len(query_id)) + query_id
    return before.join((b"", *uses))
