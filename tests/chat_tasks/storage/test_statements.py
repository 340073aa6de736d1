"""Our serialization of a row is the driver's, byte for byte."""

from uuid import UUID

from cassandra import cqltypes
from cassandra.protocol import ColumnMetadata
from cassandra.query import PreparedStatement
from hypothesis import given
from hypothesis import strategies as st

from chat_tasks.records import Row
from chat_tasks.storage.row_values import bind_row
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


@given(rows)
def test_the_values_and_the_routing_key_are_the_drivers(row: Row) -> None:
    ours, theirs = bind_row(_INSERT, row), _INSERT.bind(row)
    assert ours.values == theirs.values
    assert ours.routing_key == theirs.routing_key
    assert ours.keyspace == theirs.keyspace


def test_a_row() -> None:
    row = Row("c", 0, 1, "ann", ["bob", "éva"], "hi", UUID(int=5), 7, 9, 8)
    assert bind_row(_INSERT, row).values[4] == b"\0\0\0\2\0\0\0\3bob\0\0\0\4\xc3\xa9va"
