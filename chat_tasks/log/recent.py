"""The last events of this process that a person should see, for whoever asks for them over HTTP.

They are lines of the process's log, so they hold what the log may hold, and no more.
"""

import logging
import os
import secrets
import select
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

import orjson

_MOST = 200
_LONGEST = 500
NOTABLE = frozenset(
    {
        "partitions_assigned",
        "replay_started",
        "queue_served",
        "partition_free",
        "conversation_released",
        "tasks_sent_again",
        "assignment_outdated",
    }
)
"""What is worth a look below the level of warnings."""


class RecentEvents(logging.Handler):
    """Keeps the last 200 warnings and notable events of a process, each with a number that counts them up.

    `recent_events` is the process's only one; `set_log_up` adds it to the root logger. Any thread may log and any may
    read: a lock guards both, which no child needs. A worker's children send theirs to their parent by a pipe that never
    blocks: what does not fit is only in the log. Numbers begin anew with each process, so `life` says of which one they
    are.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.life = secrets.token_hex(8)
        self._events: deque[dict[str, Any]] = deque(maxlen=_MOST)
        self._count = 0
        # A signal's handler may log while its thread is here.
        self._guard = threading.RLock()
        self._from_children: int | None = None
        self._to_parent: int | None = None

    def share_with_children(self) -> None:
        """Take also what processes log that are forked from now on; called once."""
        self._from_children, to_parent = os.pipe()
        os.set_blocking(self._from_children, False)
        os.set_blocking(to_parent, False)

        def begin_as_child() -> None:
            self._to_parent = to_parent

        os.register_at_fork(after_in_child=begin_as_child)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record, if it is worth it."""
        event = getattr(record, "event", "library")
        if record.levelno < logging.WARNING and event not in NOTABLE:
            return
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - whatever the arguments raise; the handler that writes the log tells of it
            return
        told = {
            "at": record.created,
            "level": record.levelname.lower(),
            "event": event,
            "message": message.encode("utf-8", "backslashreplace").decode()[:_LONGEST],
        }
        if self._to_parent is None:
            with self._guard:
                self._take(told)
            return
        line = orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
        try:
            # A longer one could be mixed with another child's.
            if len(line) <= select.PIPE_BUF:
                os.write(self._to_parent, line)
        except OSError:
            # The pipe is full, or the parent is gone. The log has the line.
            return

    def collect(self) -> None:
        """Take what the children have sent; called now and then, so that the pipe does not fill up."""
        if self._from_children is None:
            return
        received = b""
        with self._guard:
            try:
                while part := os.read(self._from_children, 65_536):
                    received += part
            except BlockingIOError:
                pass
            for line in received.splitlines():
                self._take(orjson.loads(line))

    def after(self, number: int, life: str) -> list[Mapping[str, Any]]:
        """The events above this number, the oldest first; all if the number is of another process's `life`."""
        self.collect()
        with self._guard:
            return [event for event in self._events if life != self.life or event["number"] > number]

    def _take(self, event: dict[str, Any]) -> None:
        self._count += 1
        self._events.append({"number": self._count, **event})


recent_events = RecentEvents()
"""This process's."""
