"""What we send for rows is what the driver would send, byte for byte."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from cassandra import ConsistencyLevel, cqltypes
from cassandra.protocol import BatchMessage, ColumnMetadata, ExecuteMessage, ProtocolHandler, QueryMessage
from cassandra.query import BatchStatement, BatchType, PreparedStatement
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from chat_tasks.conversation.marks import mark_of_bucket, mark_of_conversation
from chat_tasks.conversation.records import Row
from chat_tasks.conversation.row_values import row_values
from chat_tasks.storage.requests.batches.encoder import BatchEncoder
from chat_tasks.storage.requests.batches.statement import unlogged_batch
from chat_tasks.storage.requests.ring import routing_key
from tests.chat_tasks.texts import texts

_TEXTS = cqltypes.FrozenType.apply_parameters([cqltypes.ListType.apply_parameters([cqltypes.UTF8Type])])


def prepared(query_id: bytes, key_indexes: list[int], **columns: Any) -> PreparedStatement:
    """A statement as the driver has it after the server has prepared it."""
    metadata = [ColumnMetadata("chat", "messages", name, kind) for name, kind in columns.items()]
    return PreparedStatement(metadata, query_id, key_indexes, "INSERT …", "chat", 4, [], None)


INSERT = prepared(
    b"\0id of an INSERT",
    [0, 1],
    conversation_key=cqltypes.UTF8Type,
    bucket=cqltypes.Int32Type,
    seq=cqltypes.LongType,
    sender=cqltypes.UTF8Type,
    recipients=_TEXTS,
    body=cqltypes.UTF8Type,
    log_id=cqltypes.UUIDType,
    log_offset=cqltypes.LongType,
    sent_at=cqltypes.DateType,
    timestamp=cqltypes.LongType,
)
MARK = prepared(
    b"id",
    [4, 1],
    timestamp=cqltypes.LongType,
    newest_bucket=cqltypes.Int32Type,
    newest_log_id=cqltypes.UUIDType,
    newest_log_offset=cqltypes.LongType,
    conversation_key=cqltypes.UTF8Type,
)

_longs = st.integers(0, 2**63 - 1)
_large_texts = st.sampled_from([255, 256, 65_535, 65_536]).map(lambda length: "x" * length)
rows = st.builds(
    Row,
    conversation_key=texts,
    bucket=st.integers(0, 2**31 - 1),
    sequence=_longs,
    sender=texts,
    recipients=st.lists(texts, max_size=5) | st.lists(_large_texts, max_size=2),
    body=texts | _large_texts,
    log_id=st.uuids(),
    log_offset=_longs,
    sent_at=st.integers(0, 2**52),
    write_timestamp=_longs,
)
second_rows = rows.map(lambda row: replace(row, bucket=0, sequence=1))


@dataclass(frozen=True)
class Frame:
    """What surrounds the statements of a request."""

    protocol_version: int
    consistency: int
    serial_consistency: int | None
    timestamp: int | None
    keyspace: str | None
    tracing: bool
    payload: dict[str, bytes] | None
    compressor: Callable[[bytes], bytes] | None
    is_beta: bool

    def message(self, statement: BatchStatement) -> BatchMessage:
        """The message that the driver's session makes of the statement."""
        message = BatchMessage(
            statement.batch_type,
            statement._statements_and_parameters,
            self.consistency,
            self.serial_consistency,
            self.timestamp,
            self.keyspace if self.protocol_version >= 5 else None,
        )
        message.tracing = self.tracing
        message.update_custom_payload(self.payload if self.protocol_version >= 4 else None)
        return message

    def encode(self, encoder: type[ProtocolHandler], message: Any) -> bytes:
        """The bytes that go to the server."""
        frame: bytes = encoder.encode_message(
            message, 7, self.protocol_version, compressor=self.compressor, allow_beta_protocol_version=self.is_beta
        )
        return frame


frames = st.builds(
    Frame,
    protocol_version=st.sampled_from([3, 4, 5]),
    consistency=st.sampled_from([ConsistencyLevel.LOCAL_QUORUM, ConsistencyLevel.ANY, ConsistencyLevel.ALL]),
    serial_consistency=st.sampled_from([None, ConsistencyLevel.SERIAL, ConsistencyLevel.LOCAL_SERIAL]),
    timestamp=st.none() | _longs,
    keyspace=st.sampled_from([None, "chat"]),
    tracing=st.booleans(),
    payload=st.sampled_from([None, {"a": b"", "b": b"\0"}]),
    compressor=st.sampled_from([None, zlib.compress]),
    is_beta=st.booleans(),
)
ORDINARY = Frame(
    4, ConsistencyLevel.LOCAL_QUORUM, None, 1, None, tracing=False, payload=None, compressor=None, is_beta=False
)


def ours_of(rows: Sequence[Row], marked: Sequence[Row] = ()) -> BatchStatement:
    """The statement that we make of rows, and of the marks of `marked`."""
    marks = [mark for row in marked if (mark := mark_of_conversation(row)) is not None]
    key = routing_key(rows[0].conversation_key, rows[0].bucket)
    return unlogged_batch(key, (INSERT, list(map(row_values, rows))), (MARK, marks))


def theirs_of(rows: Sequence[Row], marked: Sequence[Row] = ()) -> BatchStatement:
    """The statement that the driver makes of rows, and of the marks of `marked`."""
    statement = BatchStatement(batch_type=BatchType.UNLOGGED)
    for row in rows:
        statement.add(INSERT.bind(astuple(row)))
    for row in marked:
        statement.add(MARK.bind(mark_of_bucket(row)))
    return statement


@given(st.lists(rows, min_size=1, max_size=4), st.lists(second_rows, max_size=2), frames)
def test_a_batch_is_the_drivers_byte_for_byte(several: list[Row], marked: list[Row], frame: Frame) -> None:
    ours, theirs = ours_of(several, marked), theirs_of(several, marked)
    assert frame.encode(BatchEncoder, frame.message(ours)) == frame.encode(ProtocolHandler, frame.message(theirs))


@given(st.lists(rows, min_size=1, max_size=3))
def test_the_driver_sends_our_batch_where_it_would_send_its_own(several: list[Row]) -> None:
    ours, theirs = ours_of(several), theirs_of(several)
    assert ours.routing_key == theirs.routing_key
    assert ours.keyspace == theirs.keyspace
    assert ours.is_idempotent == theirs.is_idempotent
    assert ours.custom_payload == theirs.custom_payload
    assert ours.consistency_level == theirs.consistency_level


def test_a_batch_may_be_encoded_again_for_another_node() -> None:
    row = Row("c", 0, 1, "ann", ["bob"], "hi", UUID(int=5), 7, 9, 8)
    message = ORDINARY.message(ours_of([row]))
    assert ORDINARY.encode(BatchEncoder, message) == ORDINARY.encode(BatchEncoder, message)


@given(frames, st.lists(rows, max_size=2))
def test_every_other_request_is_left_to_the_driver(frame: Frame, several: list[Row]) -> None:
    query = QueryMessage("SELECT", frame.consistency, frame.serial_consistency, timestamp=frame.timestamp)
    execute = ExecuteMessage(b"id", [b"value", None, b""], frame.consistency, timestamp=frame.timestamp)
    execute.result_metadata_id = b"id"
    for message in (query, execute, frame.message(theirs_of(several))):
        message.tracing = frame.tracing
        assert frame.encode(BatchEncoder, message) == frame.encode(ProtocolHandler, message)


def test_without_our_encoder_a_batch_is_refused() -> None:
    row = Row("c", 0, 1, "ann", ["bob"], "hi", UUID(int=5), 7, 9, 8)
    with pytest.raises(TypeError):
        ORDINARY.encode(ProtocolHandler, ORDINARY.message(ours_of([row])))


@pytest.mark.parametrize("text", [None, 5, "\ud800"])
def test_what_a_row_cannot_hold_is_refused(text: Any) -> None:
    row = Row("c", 0, 1, "ann", ["bob"], "hi", UUID(int=5), 7, 9, 8)
    for field in ("conversation_key", "sender", "body"):
        with pytest.raises((AttributeError, UnicodeEncodeError)):
            row_values(replace(row, **{field: text}))


def test_the_recipients_of_a_row() -> None:
    row = Row("c", 0, 1, "ann", ["bob", "éva"], "hi", UUID(int=5), 7, 9, 8)
    assert b"\0\0\0\x13\0\0\0\2\0\0\0\3bob\0\0\0\4\xc3\xa9va" in row_values(row)
