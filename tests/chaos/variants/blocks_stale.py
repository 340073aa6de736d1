"""Broken: latest messages lack the newest ones, as if they were read from a replica that lags behind."""

from collections.abc import Sequence

from chat_tasks.conversation.newest import WantedMessages
from chat_tasks.storage.history import Found, HistoryReader

_newest = HistoryReader.newest
_LAG = 3


def _older(self: HistoryReader, wanted: Sequence[WantedMessages]) -> list[Found]:
    return [one if isinstance(one, Exception) else one[:-_LAG] for one in _newest(self, wanted)]


PATCHES = [
    (HistoryReader, "newest", _older),
]
