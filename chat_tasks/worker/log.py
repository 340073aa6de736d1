"""What a worker and Flower log: all of it, Celery's own lines too, in the form of every other process's log.

A trouble of a worker is one line: the tracebacks of a killed child, and of a Redis that does not work, would only show
Celery's own code. While Redis does not work, each of a worker's attempts would say so again.
"""

import logging
import sys
from typing import Any

from billiard.exceptions import WorkerLostError
from billiard.util import get_logger as get_multiprocessing_logger
from celery.signals import celeryd_after_setup, celeryd_init, setup_logging

from chat_tasks.celery_app import app
from chat_tasks.log.json_handler import JsonHandler
from chat_tasks.log.printable_record import escape_log_records, raw_message
from chat_tasks.log.setup import LogForm, logs_json, set_log_up
from chat_tasks.log_rate.news import News
from chat_tasks.settings import settings


class WithoutTraceback(logging.Filter):
    """Drops the traceback of a record about a lost child."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the traceback; returns True, so the record itself stays."""
        if isinstance(record.args, tuple) and any(isinstance(one, WorkerLostError) for one in record.args):
            record.exc_info = record.exc_text = None
            record.event = "child_lost"
        return True


class OneLine(logging.Filter):
    """Makes every record one line without a traceback, and drops the record if its trouble was told lately."""

    def __init__(self) -> None:
        super().__init__()
        self._news = News()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is news."""
        troubles = []
        if isinstance(record.args, tuple):
            troubles = [_describe(one) for one in record.args if isinstance(one, Exception)]
            record.args = tuple(_describe(one) if isinstance(one, Exception) else one for one in record.args)
        # What escapes the ends of lines comes later.
        line = " ".join(raw_message(record).split())
        if record.exc_info and not troubles:
            troubles = [_describe(record.exc_info[1])]
            line = f"{line}: {troubles[0]}"
        record.msg, record.args, record.exc_info, record.exc_text = line, None, None, None
        if troubles:
            record.event, record.dependency, record.reason = "broker_unavailable", "redis", troubles[0]
        return not troubles or self._news.is_news(troubles[0])


def _describe(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}"


logging.getLogger("celery.worker.request").addFilter(WithoutTraceback())


@celeryd_init.connect
def set_worker_log_up(**_: object) -> None:
    """Set the log of a worker up, before Celery says anything."""
    _set_up("worker")


@setup_logging.connect
def take_over_from_celery(**_: object) -> None:
    """Leave Celery no log to set up; what anybody prints becomes a line of the log, as Celery has it."""
    # billiard's, which passes nothing on, and tells of each fork.
    multiprocessing = get_multiprocessing_logger()
    multiprocessing.handlers = logging.getLogger().handlers
    multiprocessing.setLevel(logging.ERROR)
    app.log.redirect_stdouts_to_logger(logging.getLogger("celery.redirected"), logging.WARNING)


@celeryd_after_setup.connect
def leave_the_banner_out(instance: Any, **_: object) -> None:
    """Celery's banner is for people."""
    instance.quiet = instance.quiet or logs_json()


def _set_up(process: str) -> None:
    if set_log_up(settings(), process) is LogForm.JSON:
        # The children are forked, and would wait for a thread that they do not have.
        for handler in logging.getLogger().handlers:
            if isinstance(handler, JsonHandler):
                handler.ready()


for _name in ("celery.worker.consumer.consumer", "celery.worker.pidbox", "kombu.pidbox", "kombu.transport.redis"):
    logging.getLogger(_name).addFilter(OneLine())
escape_log_records()
if "flower" in sys.argv:
    # Celery sets no log up for it, and Tornado does so without asking.
    _set_up("flower")
