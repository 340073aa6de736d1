"""Sets the log of a process up: where lines go, in which form, and from which level on."""

import logging
import os
import sys
import threading
from enum import Enum
from types import TracebackType
from typing import Any

from chat_tasks.log.json_handler import JsonHandler
from chat_tasks.log.printable_record import escape_log_records
from chat_tasks.log.recent import recent_events
from chat_tasks.settings import Settings

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

# The services, which write for whoever collects logs; every other command writes for the person who typed it.
_SERVICES = {"ingest", "dispatch", "worker", "flower"}
# Those whose lines are ours. What other libraries say at DEBUG may quote tasks, and so texts.
_OURS = ("chat_tasks", "bridge", "console")
# Celery says here, at INFO, that each task was received and done.
_TASKS = ("celery.worker.strategy", "celery.app.trace")

logger = logging.getLogger(__name__)


class LogForm(Enum):
    """The form of a line."""

    TEXT = "text"
    JSON = "json"


def form_of(settings: Settings, process: str) -> LogForm:
    """The form that the settings ask for; by default JSON, and text where a person reads.

    People read what they have typed, a terminal, and honcho's output.
    """
    if settings.log_format:
        return LogForm(settings.log_format)
    is_read = process not in _SERVICES or sys.stderr.isatty() or "HONCHO_PROCESS_NAME" in os.environ
    return LogForm.TEXT if is_read else LogForm.JSON


def set_log_up(settings: Settings, process: str) -> LogForm:
    """Have every later line of this process, whoever logs it, on stderr in one form; returns the form.

    What nobody catches is logged too. Called once, before the process has threads.
    """
    escape_log_records()
    form = form_of(settings, process)
    # Celery puts a logger in the place of `sys.stderr`.
    if form is LogForm.JSON:
        handler: logging.Handler = JsonHandler(sys.__stderr__, process, settings.instance_name)
    else:
        handler = logging.StreamHandler(sys.__stderr__)
        handler.setFormatter(logging.Formatter(TEXT))
    root = logging.getLogger()
    root.handlers = [handler, recent_events]
    level = logging.getLevelNamesMapping()[settings.log_level]
    root.setLevel(max(level, logging.INFO))
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    for name in _TASKS:
        logging.getLogger(name).setLevel(logging.INFO if level < logging.INFO else max(level, logging.WARNING))
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda hooked: _log_uncaught(hooked.exc_type, hooked.exc_value, hooked.exc_traceback)
    sys.unraisablehook = _log_unraisable
    return form


def logs_json() -> bool:
    """Whether this process logs JSON."""
    return any(isinstance(handler, JsonHandler) for handler in logging.getLogger().handlers)


def _log_uncaught(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), traceback)
    else:
        logger.critical("nobody expected this", exc_info=(kind, error or kind(), traceback), extra={"event": "crashed"})


def _log_unraisable(raised: Any) -> None:
    error = raised.exc_value or raised.exc_type()
    logger.error(
        "nobody could hear of this: %s",
        raised.err_msg or "an exception in a destructor",
        exc_info=(raised.exc_type, error, raised.exc_traceback),
        extra={"event": "unraisable"},
    )
