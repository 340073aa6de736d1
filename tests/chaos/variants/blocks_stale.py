"""Broken: latest messages lack the newest ones, as if they were read from a replica that lags behind."""

from chat_tasks.storage.history import HistoryReader
from chat_tasks.wire import Chatter

_newest = HistoryReader.newest
_LAG = 3


def _older(self: HistoryReader, conversation_key: str, count: int, before: int | None) -> list[Chatter]:
    return _newest(self, conversation_key, count, before)[:-_LAG]


PATCHES = [
    (HistoryReader, "newest", _older),
]
