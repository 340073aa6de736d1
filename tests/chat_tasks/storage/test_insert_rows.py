"""What we send for rows is what the driver would send, byte for byte."""

from io import BytesIO
from uuid import UUID

from cassandra import cqltypes
from cassandra.protocol import BatchMessage, ColumnMetadata
from cassandra.query import BatchStatement, BatchType, BoundStatement, PreparedStatement
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from chat_tasks.conversation.records import Row
from chat_tasks.conversation.row_values import row_values
from chat_tasks.storage.writer import insert_rows
from tests.chat_tasks.texts import texts

_TEXTS = cqltypes.FrozenType.apply_parameters([cqltypes.ListType.apply_parameters([cqltypes.UTF8Type])])
_COLUMNS = {
    "conversation_key": cqltypes.UTF8Type,
    "bucket": cqltypes.Int32Type,
    "seq": cqltypes.LongType,
    "sender": cqltypes.UTF8Type,
    "recipients": _TEXTS,
    "body": cqltypes.UTF8Type,
    "log_id": cqltypes.UUIDType,
    "log_offset": cqltypes.LongType,
    "sent_at": cqltypes.DateType,
    "[timestamp]": cqltypes.LongType,
}
_INSERT = PreparedStatement(
    [ColumnMetadata("chat", "messages", name, kind) for name, kind in _COLUMNS.items()],
    b"id",
    [0, 1],
    "INSERT …",
    "chat",
    4,
    [],
    None,
)

_longs = st.integers(0, 2**63 - 1)
rows = st.builds(
    Row,
    conversation_key=texts,
    bucket=st.integers(0, 2**31 - 1),
    sequence=_longs,
    sender=texts,
    recipients=st.lists(texts),
    body=texts,
    log_id=st.uuids(),
    log_offset=_longs,
    sent_at=st.integers(0, 2**52),
    write_timestamp=_longs,
)


def sent(statement: BatchStatement) -> bytes:
    """The body of the request."""
    body = BytesIO()
    BatchMessage(statement.batch_type, statement._statements_and_parameters, 6).send_body(body, 4)
    return body.getvalue()


@given(rows)
def test_one_row_goes_alone(row: Row) -> None:
    ours, theirs = insert_rows(_INSERT, [row_values(row)]), _INSERT.bind(astuple(row))
    assert isinstance(ours, BoundStatement)
    assert ours.values == theirs.values
    assert ours.routing_key == theirs.routing_key
    assert ours.keyspace == theirs.keyspace


@given(st.lists(rows, min_size=2, max_size=4))
def test_more_share_an_unlogged_batch(several: list[Row]) -> None:
    ours = insert_rows(_INSERT, [row_values(row) for row in several])
    theirs = BatchStatement(batch_type=BatchType.UNLOGGED)
    for row in several:
        theirs.add(_INSERT.bind(astuple(row)))
    assert isinstance(ours, BatchStatement)
    assert sent(ours) == sent(theirs)
    assert ours.routing_key == theirs.routing_key
    assert ours.keyspace == theirs.keyspace


def test_a_row() -> None:
    row = Row("c", 0, 1, "ann", ["bob", "éva"], "hi", UUID(int=5), 7, 9, 8)
    assert row_values(row)[4] == b"\0\0\0\2\0\0\0\3bob\0\0\0\4\xc3\xa9va"
