"""A row as Cassandra's native protocol wants it, from version 3 on: the driver takes five times as long for that."""

from collections.abc import Callable, Sequence
from struct import Struct

from chat_tasks.conversation.records import Row

# The serialized values of a row, in the order of its fields.
RowValues = Sequence[bytes]

_int: Callable[[int], bytes] = Struct(">i").pack
_long: Callable[[int], bytes] = Struct(">q").pack


def row_values(row: Row) -> list[bytes]:
    """Raises `UnicodeEncodeError` and `struct.error` on what no row can hold."""
    return [
        row.conversation_key.encode(),
        _int(row.bucket),
        _long(row.sequence),
        row.sender.encode(),
        _texts(row.recipients),
        row.body.encode(),
        row.log_id.bytes,
        _long(row.log_offset),
        _long(row.sent_at),
        _long(row.write_timestamp),
    ]


def _texts(texts: Sequence[str]) -> bytes:
    parts = [_int(len(texts))]
    for text in texts:
        encoded = text.encode()
        parts.append(_int(len(encoded)))
        parts.append(encoded)
    return b"".join(parts)
