"""Writes the log as JSON lines, by a library that takes longer to import than a bridge may wait."""

import atexit
import logging
import threading
from typing import TextIO

from chat_tasks.log.printable_record import raw_message


class JsonHandler(logging.StreamHandler[TextIO]):
    """Writes every record as one JSON object.

    The root logger of a process owns it. Its thread imports structlog while the process starts, and then writes the
    records that have come meanwhile. Nobody waits for the thread but at the end of the process: a thread that logs
    while it imports something may hold what structlog's import needs. A process that forks calls `ready` first, because
    a fork leaves threads and their locks behind. Invariant: records are written in the order in which they came.
    """

    def __init__(self, stream: TextIO | None, process: str, instance: str) -> None:
        super().__init__(stream)
        self._process = process
        self._instance = instance
        self._early: list[logging.LogRecord] | None = []
        self._thread = threading.Thread(target=self._prepare, name="log", daemon=True)
        self._thread.start()
        atexit.register(self.ready)

    def ready(self) -> None:
        """Return once every record that has come is written; blocks. Not called while something is imported."""
        self._thread.join()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, or keep it. Called with the handler's lock."""
        if self._early is None:
            super().emit(record)
        else:
            # What the arguments refer to may change until then.
            record.msg, record.args = raw_message(record), None
            self._early.append(record)

    def _prepare(self) -> None:
        from chat_tasks.log.json_lines import json_formatter  # noqa: PLC0415

        formatter = json_formatter(self._process, self._instance)
        self.acquire()
        try:
            self.setFormatter(formatter)
            early, self._early = self._early or [], None
            for record in early:
                self.emit(record)
        finally:
            self.release()
