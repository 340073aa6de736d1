"""Cuts rows into chunks, and groups chunks into waves and requests to Cassandra.

A *chunk* is a run of one conversation's rows in one bucket, and so in one Cassandra partition: each replica applies a
chunk whole or not at all. A *wave* holds at most one chunk of each conversation. The next wave starts when this one is
acknowledged, so a row is never written before all lower rows of its conversation. A *request* carries chunks of one
wave that go to the same node, within the server's thresholds. The driver's word for such a request is batch.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import msgspec

from chat_tasks.conversation.marks import mark_of_conversation
from chat_tasks.conversation.records import Row
from chat_tasks.conversation.row_values import RowValues, row_values

# Besides the values the server counts times and flags: for each of the six cells, for the row, and for its partition.
_CELL_OVERHEAD = 20
_ROW_OVERHEAD = 6 * _CELL_OVERHEAD + 50
# It does not count the lengths of the ten values and their number.
_LENGTHS = 10 * 4 + 2

# A bound well below the server's limits of 16 MiB for a message and for a mutation.
LARGEST_CHUNK_BYTES = 1024 * 1024


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """Rows of one conversation and bucket, ascending; `size` is an upper estimate of the server's size, in bytes.

    `mark` is the mark of bucket 0, if one of the rows has it.
    """

    conversation_key: str
    bucket: int
    rows: tuple[RowValues, ...]
    size: int
    mark: RowValues | None = None


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The most bytes and partitions that one request over several partitions may hold."""

    batch_bytes: int
    batch_partitions: int


def row_size(values: RowValues) -> int:
    """An upper estimate of what the server counts for a row, in bytes: its values and the fixed cost of its cells."""
    return len(values) - _LENGTHS + _ROW_OVERHEAD


def cut_into_chunks(rows: Sequence[Row], largest: int = LARGEST_CHUNK_BYTES) -> list[Chunk]:
    """The chunks of one conversation's rows, to be written one after the other."""
    chunks: list[Chunk] = []
    current: list[RowValues] = []
    mark: RowValues | None = None
    bucket = size = 0
    for row in rows:
        values = row_values(row)
        added = row_size(values)
        if current and (row.bucket != bucket or size + added > largest):
            chunks.append(Chunk(row.conversation_key, bucket, tuple(current), size, mark))
            current, size, mark = [], 0, None
        bucket = row.bucket
        current.append(values)
        size += added
        mark = mark or mark_of_conversation(row)
    if current:
        chunks.append(Chunk(rows[0].conversation_key, bucket, tuple(current), size, mark))
    return chunks


def waves(chunks_of_conversations: Iterable[Sequence[Chunk]]) -> Iterator[list[Chunk]]:
    """The first chunk of each conversation, then the second of each conversation that has one, and so on."""
    for wave in zip_longest(*chunks_of_conversations):
        yield [chunk for chunk in wave if chunk is not None]


def group_into_batches(
    wave: Iterable[Chunk], thresholds: Thresholds, node_of: Callable[[Chunk], Hashable]
) -> list[list[Chunk]]:
    """The requests of one wave, filled in order for each node. A chunk above the byte threshold goes alone."""
    batches: list[list[Chunk]] = []
    filling: dict[Hashable, tuple[list[Chunk], int]] = {}
    for chunk in wave:
        if chunk.size > thresholds.batch_bytes:
            batches.append([chunk])
            continue
        node = node_of(chunk)
        batch, size = filling.get(node, ([], 0))
        if batch and (size + chunk.size > thresholds.batch_bytes or len(batch) >= thresholds.batch_partitions):
            batches.append(batch)
            batch, size = [], 0
        batch.append(chunk)
        filling[node] = (batch, size + chunk.size)
    batches.extend(batch for batch, _ in filling.values() if batch)
    return batches
