"""Runs Flower for the Procfile, and starts it again whenever it ends, so that its fate is its own.

honcho ends all of its processes when one of them ends, and nobody but people depends on Flower.
"""

import argparse
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from chat_tasks.news import News
from chat_tasks.orphan import end_with_honcho

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 5


def keep_running(command: Sequence[str]) -> None:
    """Run `command`, which starts Flower at its `--address` and `--port`, again and again until a SIGTERM."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    given, _ = parser.parse_known_args(command)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    end_with_honcho()
    news = News()
    while True:
        # Flower itself would show a traceback for a port that is taken.
        if _is_taken(given.address, given.port):
            reason = f"cannot start: another process listens on port {given.port} of {given.address}"
        else:
            reason = f"ended with exit code {subprocess.run(command, check=False).returncode}"
        if news.is_news(reason):
            logger.warning("Flower %s; it is started again every %d s, the pipeline goes on", reason, _PAUSE_SECONDS)
        time.sleep(_PAUSE_SECONDS)


def _is_taken(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=1.0).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    keep_running(sys.argv[1:])
