"""Makes a killed child of a worker one line in the log, because the traceback would only show Celery's own code."""

import logging

from billiard.exceptions import WorkerLostError


class WithoutTraceback(logging.Filter):
    """Drops the traceback of a record about a lost child."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop the traceback; returns True, so the record itself stays."""
        if isinstance(record.args, tuple) and any(isinstance(one, WorkerLostError) for one in record.args):
            record.exc_info = None
        return True


logging.getLogger("celery.worker.request").addFilter(WithoutTraceback())
