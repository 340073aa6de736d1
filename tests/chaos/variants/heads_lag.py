"""Broken: heads are read at ONE, from a replica that has not got the newest row yet."""

from collections.abc import Mapping
from uuid import UUID

from chat_tasks.conversation.head_search import Head
from chat_tasks.conversation.records import NO_HEAD
from chat_tasks.storage.heads import HeadReader

_read = HeadReader.read


def _read_behind(self: HeadReader, first_offsets: Mapping[str, int], log_id: UUID) -> Mapping[str, Head | Exception]:
    return {
        key: Head(max(NO_HEAD, head.sequence - 1)) if isinstance(head, Head) else head
        for key, head in _read(self, first_offsets, log_id).items()
    }


PATCHES = [
    (HeadReader, "read", _read_behind),
]
