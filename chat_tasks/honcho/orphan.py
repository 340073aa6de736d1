"""Ends a process whose honcho is gone: it would go on unseen, under a name that its successor wants.

honcho gives each of its processes a session of its own, so a terminal that is closed ends honcho and nothing else. A
process that runs without honcho is left alone: under systemd, Docker or `nohup` it has to outlive its parent.
"""

import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0


def end_with_honcho() -> None:
    """Send this process a SIGTERM as soon as a honcho that it was started by is gone; returns at once."""
    threading.Thread(target=_watch, name="honcho watch", daemon=True).start()


def _watch() -> None:
    # Imported here, beside what a process does at its start.
    import psutil  # noqa: PLC0415

    def lives(process: "psutil.Process") -> bool:
        try:
            return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def is_honcho(process: "psutil.Process") -> bool:
        try:
            return any(Path(word).name == "honcho" for word in process.cmdline())
        except psutil.Error:
            return False

    # honcho forks, and each fork starts one process. A fork outlives a honcho that was killed, so both are watched.
    honchos = [one for one in psutil.Process().parents() if is_honcho(one)]
    while all(lives(one) for one in honchos):
        if not honchos:
            return
        time.sleep(_LOOK_SECONDS)
    logger.warning("honcho is gone, so this process ends", extra={"event": "honcho_gone"})
    os.kill(os.getpid(), signal.SIGTERM)
