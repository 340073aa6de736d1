"""A row as Cassandra's native protocol wants it, from version 3 on: the driver takes five times as long for that."""

from collections.abc import Callable, Sequence
from struct import Struct

from cassandra.query import BoundStatement, PreparedStatement

from chat_tasks.records import Row

_int: Callable[[int], bytes] = Struct(">i").pack
_long: Callable[[int], bytes] = Struct(">q").pack


def bind_row(insert: PreparedStatement, row: Row) -> BoundStatement:
    """As `insert.bind(row)`, for the columns of `messages` and no others."""
    statement = BoundStatement(insert)
    statement.values = row_values(row)
    return statement


def row_values(row: Row) -> list[bytes]:
    """The serialized values, in the order of the row's fields. Raises `UnicodeEncodeError` and `struct.error`."""
    key, bucket, sequence, sender, recipients, body, log_id, log_offset, sent_at, write_timestamp = row
    return [
        key.encode(),
        _int(bucket),
        _long(sequence),
        sender.encode(),
        _texts(recipients),
        body.encode(),
        log_id.bytes,
        _long(log_offset),
        _long(sent_at),
        _long(write_timestamp),
    ]


def _texts(texts: Sequence[str]) -> bytes:
    parts = [_int(len(texts))]
    for text in texts:
        encoded = text.encode()
        parts.append(_int(len(encoded)))
        parts.append(encoded)
    return b"".join(parts)
