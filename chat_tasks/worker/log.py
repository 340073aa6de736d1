"""What a worker and Flower log.

A trouble of a worker is one line: the tracebacks of a killed child, and of a Redis that does not work, would only show
Celery's own code. While Redis does not work, each of a worker's attempts would say so again.
"""

import logging

from billiard.exceptions import WorkerLostError

from chat_tasks.log_records import escape_log_records
from chat_tasks.news import News


class WithoutTraceback(logging.Filter):
    """Drops the traceback of a record about a lost child."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the traceback; returns True, so the record itself stays."""
        if isinstance(record.args, tuple) and any(isinstance(one, WorkerLostError) for one in record.args):
            record.exc_info = record.exc_text = None
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
        # Not the record's own method, which escapes the ends of lines.
        line = " ".join(logging.LogRecord.getMessage(record).split())
        if record.exc_info and not troubles:
            troubles = [_describe(record.exc_info[1])]
            line = f"{line}: {troubles[0]}"
        record.msg, record.args, record.exc_info, record.exc_text = line, None, None, None
        return not troubles or self._news.is_news(troubles[0])


def _describe(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}"


logging.getLogger("celery.worker.request").addFilter(WithoutTraceback())
for _name in ("celery.worker.consumer.consumer", "celery.worker.pidbox", "kombu.pidbox", "kombu.transport.redis"):
    logging.getLogger(_name).addFilter(OneLine())
escape_log_records()
