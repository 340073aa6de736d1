"""How often a process of the pipeline was started, and how it last ended: kept in a file for `make status`."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path


class Life(msgspec.Struct, frozen=True):
    """What is known of one process. `last_exit` is None as long as it never ended."""

    pid: int
    starts: int
    last_exit: str | None = None


class Lives:
    """The file of one process: whoever keeps the process running writes it, others read it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.json"
        self._life = Life(0, 0)

    def started(self, pid: int) -> None:
        """Take note of a start."""
        self._write(msgspec.structs.replace(self._life, pid=pid, starts=self._life.starts + 1))

    def ended(self, exit_code: int) -> str:
        """Take note of an end, and say it in words. A negative exit code is a signal's, as Python has it."""
        how = (
            f"ended with exit code {exit_code}" if exit_code >= 0 else f"was ended by {signal.Signals(-exit_code).name}"
        )
        self._write(msgspec.structs.replace(self._life, last_exit=how))
        return how

    def forget(self) -> None:
        """Forget what an earlier keeper has written."""
        self._path.unlink(missing_ok=True)

    def read(self) -> Life | None:
        """What the file says; None if there is none."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Life)
        except FileNotFoundError:
            return None

    def _write(self, life: Life) -> None:
        self._life = life
        written = self._path.with_suffix(".json.new")
        # The file is for `make status` only: a full disk must not end the keeper, and with it everything.
        with suppress(OSError):
            written.write_bytes(msgspec.json.encode(life))
            written.rename(self._path)
