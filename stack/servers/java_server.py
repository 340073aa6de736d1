"""What Kafka and Cassandra have in common besides: Java."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from stack.processes.server_process import STOP_GRACE_SECONDS, ServerProcess
from stack.servers.class_archive import archive_written_by, keep_archive

if TYPE_CHECKING:
    from pathlib import Path

_WRITING_SECONDS = 60.0


class JavaServer(ServerProcess):
    """A server that may write an archive of its classes when it ends; `stop` waits for that."""

    def stop(self) -> None:
        written = self._written_at_the_end()
        if written is None:
            super().stop()
        elif self._process.stop(STOP_GRACE_SECONDS + _WRITING_SECONDS):
            keep_archive(written)
        else:
            written.unlink(missing_ok=True)

    def _written_at_the_end(self) -> Path | None:
        with suppress(psutil.NoSuchProcess):
            if (process := self._process.process()) is not None:
                return archive_written_by(process.cmdline())
        return None
