"""What Kafka and Cassandra have in common besides: Java."""

from __future__ import annotations

from stack.class_archive import archive_written_by, keep_archive
from stack.process import STOP_GRACE_SECONDS, ServerProcess

_WRITING_SECONDS = 60.0


class JavaServer(ServerProcess):
    """A server that may write down its classes when it ends."""

    def stop(self) -> None:
        process = self._process.process()
        written = archive_written_by(process.cmdline()) if process else None
        if written is None:
            super().stop()
        elif self._process.stop(STOP_GRACE_SECONDS + _WRITING_SECONDS):
            keep_archive(written)
        else:
            written.unlink(missing_ok=True)
