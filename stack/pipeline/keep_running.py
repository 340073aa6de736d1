"""Keeps one process of the pipeline running: what ends is started again, after a pause, with a line that says so.

`make up` and `make demo` put this in front of each line of the Procfile. honcho would end everything when one process
ends; it sees only this process, which ends when it is told to.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from chat_tasks.honcho.orphan import end_with_honcho
from stack.pauses import Pauses
from stack.pipeline.lives import Lives

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Ended(NamedTuple):
    """The child has ended; a negative exit code is a signal's."""

    exit_code: int


class Told(NamedTuple):
    """We are told to end."""

    by: int


class KeptProcess:
    """A child that is started again when it ends.

    Only `run` is used, by the main thread, once. A thread waits for each child and puts its end into the queue, where
    the signals that reach us are too: one queue, so that neither is missed between two looks.
    """

    def __init__(self, name: str, command: Sequence[str], lives: Lives) -> None:
        self._name = name
        self._command = command
        self._lives = lives
        self._events: SimpleQueue[Ended | Told] = SimpleQueue()

    def run(self) -> None:
        """Keep the child running until we are told to end, or until our honcho is gone."""
        for number in _SIGNALS:
            signal.signal(number, lambda number, _: self._events.put(Told(number)))
        end_with_honcho()
        pauses = Pauses()
        while True:
            began = time.monotonic()
            child = self._start()
            event = self._events.get()
            if isinstance(event, Told):
                self._pass_on(event, child)
                return
            pause = pauses.after(time.monotonic() - began)
            print(f"{self._name} {self._lives.ended(event.exit_code)}, starts again in {pause:.1f} s", flush=True)
            with suppress(Empty):
                # No child runs: all that can come is a signal.
                self._events.get(timeout=pause)
                return

    def _start(self) -> subprocess.Popen[bytes]:
        # honcho signals all of our group: in it, the child would hear of its end twice, and a bridge would not drain.
        child = subprocess.Popen(self._command, process_group=0)
        self._lives.started(child.pid)
        threading.Thread(target=lambda: self._events.put(Ended(child.wait())), daemon=True).start()
        return child

    def _pass_on(self, event: Ended | Told, child: subprocess.Popen[bytes]) -> None:
        while isinstance(event, Told):
            child.send_signal(event.by)
            event = self._events.get()
        self._lives.ended(event.exit_code)


if __name__ == "__main__":
    folder, name, line = sys.argv[1:]
    KeptProcess(name, ("sh", "-c", line), Lives(Path(folder), name)).run()
