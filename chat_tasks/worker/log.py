"""What a worker and Flower log.

A killed child of a worker is one line, because the traceback would only show Celery's own code.
"""

import logging

from billiard.exceptions import WorkerLostError

from chat_tasks.log_records import escape_log_records


class WithoutTraceback(logging.Filter):
    """Drops the traceback of a record about a lost child."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the traceback; returns True, so the record itself stays."""
        if isinstance(record.args, tuple) and any(isinstance(one, WorkerLostError) for one in record.args):
            record.exc_info = record.exc_text = None
        return True


logging.getLogger("celery.worker.request").addFilter(WithoutTraceback())
escape_log_records()
