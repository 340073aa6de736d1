"""Broken: of a batch that reached one replica, read repair has copied the newest row; then that replica dies.

Shown on one node: of what is found at or past the first record, which nobody has been told of, all but the newest row
is gone; and that one is trusted. A write takes its time, so that whoever kills dispatch
does so between rows and output.
"""

import time
from collections.abc import Mapping, Sequence
from uuid import UUID

from chat_tasks.conversation.buckets import bucket_of
from chat_tasks.conversation.head_search import Head
from chat_tasks.conversation.records import Row
from chat_tasks.settings import settings
from chat_tasks.storage.heads import HeadReader
from chat_tasks.storage.writer import RowWriter
from tests.chaos.variants.found_rows_trusted import TRUST, write_what_is_not_found

_read = HeadReader.read
_SLOWLY_SECONDS = 0.3


def _read_after_the_death(
    self: HeadReader, first_offsets: Mapping[str, int], log_id: UUID
) -> Mapping[str, Head | Exception]:
    heads = _read(self, first_offsets, log_id)
    for key, head in heads.items():
        if isinstance(head, Head):
            for row in head.later[1:]:
                self.requests._session.execute(
                    f"DELETE FROM {settings().cassandra_keyspace}.messages USING TIMESTAMP {row.body_written} "
                    "WHERE conversation_key = %s AND bucket = %s AND seq = %s",
                    (key, bucket_of(row.sequence, settings().bucket_size), row.sequence),
                )
    return heads


def _write_slowly(self: RowWriter, rows: Mapping[str, Sequence[Row]]) -> Mapping[str, Exception]:
    failures = write_what_is_not_found(self, rows)
    time.sleep(_SLOWLY_SECONDS)
    return failures


PATCHES = [
    *TRUST,
    (HeadReader, "read", _read_after_the_death),
    (RowWriter, "write", _write_slowly),
]
