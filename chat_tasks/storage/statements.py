"""The requests that write rows whose values are serialized already."""

from collections.abc import Sequence

from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement, Statement

from chat_tasks.conversation.row_values import RowValues


def insert_rows(insert: PreparedStatement, rows: Sequence[RowValues]) -> Statement:
    """One request for all of these, which live on the same replicas; `insert` binds the fields of a `Row`.

    Unlogged: the batch log would make several conversations atomic, which nothing here needs.
    """
    first = BoundStatement(insert)
    first.values = rows[0]
    if len(rows) == 1:
        return first
    statement = BatchStatement(batch_type=BatchType.UNLOGGED)
    # It takes its routing key from the first; `add` does the same for each of the others, and takes as long for that
    # as for sending them.
    statement.add(first)
    statement._statements_and_parameters.extend([(True, insert.query_id, values) for values in rows[1:]])  # noqa: SLF001
    return statement
