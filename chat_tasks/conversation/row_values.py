"""Encodes a row as a statement of Cassandra's native protocol has its values, from version 3 of the protocol on.

The number of values comes first, then each value behind its length. The driver does the same value by value, and takes
several times as long.
"""

from collections.abc import Callable, Sequence
from struct import Struct

from chat_tasks.conversation.records import Row

# The encoded values of a row, in the order of its fields.
RowValues = bytes

_VALUES = 10

# The numbers of a row lie between its texts. They are packed with their lengths and that of the text that follows.
_key_follows: Callable[..., bytes] = Struct(">Hi").pack
_sender_follows: Callable[..., bytes] = Struct(">iiiqi").pack
_length: Callable[[int], bytes] = Struct(">i").pack
_ids_and_times: Callable[..., bytes] = Struct(">i16siqiqiq").pack


def row_values(row: Row) -> RowValues:
    """The encoded values of a row. Raises `UnicodeEncodeError` and `struct.error` if a row cannot hold a value."""
    key, sender, body = row.conversation_key.encode(), row.sender.encode(), row.body.encode()
    recipients = _texts(row.recipients)
    return b"".join(
        (
            _key_follows(_VALUES, len(key)),
            key,
            _sender_follows(4, row.bucket, 8, row.sequence, len(sender)),
            sender,
            _length(len(recipients)),
            recipients,
            _length(len(body)),
            body,
            _ids_and_times(16, row.log_id.bytes, 8, row.log_offset, 8, row.sent_at, 8, row.write_timestamp),
        )
    )


def _texts(texts: Sequence[str]) -> bytes:
    parts = [_length(len(texts))]
    for text in texts:
        encoded = text.encode()
        parts.append(_length(len(encoded)))
        parts.append(encoded)
    return b"".join(parts)
