"""Runs what stands beside the pipeline under honcho, Flower and the console, so that its fate is its own.

honcho ends all of its processes when one of them ends, and nobody but people depends on these two.
"""

import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

from chat_tasks.honcho.orphan import end_with_honcho
from chat_tasks.log_rate.news import News

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 5
_WRONG_SETTING = 2


class Bystander(NamedTuple):
    """A web server for people: its name, the command that starts it, and where it listens then.

    `environment` is all that the command finds, None for our own.
    """

    name: str
    command: Sequence[str]
    address: str
    port: int
    environment: Mapping[str, str] | None = None


def prepare() -> None:
    """End with honcho, and quietly at a SIGTERM; once, before anything else."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    end_with_honcho()


def keep_running(one: Bystander) -> NoReturn:
    """Run it again and again until a SIGTERM. If its settings are wrong, which its exit code 2 says, wait for that."""
    news = News()
    while True:
        # By itself it would show a traceback for a port that is taken.
        if _is_taken(one.address, one.port):
            reason = f"cannot start: another process listens on port {one.port} of {one.address}"
        else:
            code = subprocess.run(one.command, env=one.environment, check=False).returncode
            if code == _WRONG_SETTING:
                stay_away(one.name, "a setting is wrong, or something is not installed; it has said what")
            reason = f"ended with exit code {code}"
        if news.is_news(reason):
            logger.warning(
                "%s %s; it is started again every %d s, the pipeline goes on",
                one.name,
                reason,
                _PAUSE_SECONDS,
                extra={"event": "bystander_ended", "reason": reason},
            )
        time.sleep(_PAUSE_SECONDS)


def stay_away(name: str, reason: str) -> NoReturn:
    """Say why it is not started, and wait until a SIGTERM: our end would be that of all that honcho has started."""
    logger.warning("%s is not started: %s", name, reason, extra={"event": "bystander_not_started", "reason": reason})
    while True:
        signal.pause()


def _is_taken(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=1.0).close()
    except OSError:
        return False
    return True
