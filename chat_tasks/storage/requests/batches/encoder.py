"""Encodes batches in place of Cassandra's driver, which calls several functions for each value.

The driver asks `Session.client_protocol_handler`, its hook for this, to encode every request. Only the statements in a
batch are ours. The rest of the frame is the driver's own work: flags, payload, compression, consistency, timestamp.
"""

from copy import copy
from io import BytesIO
from struct import pack
from typing import Any

from cassandra.cluster import Session
from cassandra.protocol import BatchMessage, ProtocolHandler

# A batch begins with its type, one byte, and the number of its statements, two bytes.
_TYPE = slice(0, 1)
_AFTER_STATEMENTS = slice(3, None)


class EncodedStatements:
    """All statements of a batch, encoded; in the driver's eyes the values of the batch's only statement.

    It is no sequence: the driver's own encoder raises `TypeError` if it gets one.
    """

    __slots__ = ("count", "encoded")

    def __init__(self, count: int, encoded: bytes) -> None:
        self.count = count
        self.encoded = encoded


class _EncodedBatch:
    """A message of the driver, with other statements; all else of the message is as the driver made it."""

    def __init__(self, message: Any, statements: EncodedStatements) -> None:
        self._message = copy(message)
        self._message.queries = ()
        self._statements = statements

    def __getattr__(self, name: str) -> Any:
        return getattr(self._message, name)

    def send_body(self, buffer: BytesIO, protocol_version: int) -> None:
        """Write the body of the request; called by the driver."""
        empty = BytesIO()
        self._message.send_body(empty, protocol_version)
        body = empty.getvalue()
        buffer.write(body[_TYPE])
        buffer.write(pack(">H", self._statements.count))
        buffer.write(self._statements.encoded)
        buffer.write(body[_AFTER_STATEMENTS])


class BatchEncoder(ProtocolHandler):  # type: ignore[misc] # the driver has no types
    """The driver's encoder, for requests of every kind and for batches of `EncodedStatements`.

    The driver calls it in the thread that sends a request. It has no state.
    """

    @classmethod
    def encode_message(cls, msg: Any, *frame: Any, **options: Any) -> Any:
        """The frame of a request. Raises what the driver raises, and `struct.error` above 65,535 statements."""
        if isinstance(msg, BatchMessage):
            match msg.queries:
                case [(_, _, EncodedStatements() as statements)]:
                    msg = _EncodedBatch(msg, statements)
        return super().encode_message(msg, *frame, **options)


def encode_batches_of(session: Session) -> None:
    """Let the session send batches of `EncodedStatements`."""
    session.client_protocol_handler = BatchEncoder
