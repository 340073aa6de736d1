"""Broken: what is written again after a Cassandra node was killed is published again, too."""

from bridge.dispatch.append_work import AppendWork, LogRecord, Outcome

_add = AppendWork.add


def _add_as_new(self: AppendWork, conversation_key: str, record: LogRecord) -> Outcome | None:
    return _add(self, conversation_key, record._replace(replay=False))


PATCHES = [
    (AppendWork, "add", _add_as_new),
]
