"""Broken: what is written again after a Cassandra node was killed is published again, too."""

from msgspec.structs import replace

from bridge.dispatch.commits.offset_tracker import OffsetTracker
from bridge.dispatch.conversations.appends import AppendWork
from bridge.dispatch.work import Outcome
from bridge.records.log_record import LogRecord

_add = AppendWork.add_record
_finish = OffsetTracker.finish


def _add_as_new(self: AppendWork, conversation_key: str, record: LogRecord) -> Outcome | None:
    return _add(self, conversation_key, replace(record, replay=False))


def _finish_again(self: OffsetTracker, *offsets: int) -> None:
    _finish(self, *filter(self.is_unfinished, offsets))


PATCHES = [
    (AppendWork, "add_record", _add_as_new),
    (OffsetTracker, "finish", _finish_again),
]
