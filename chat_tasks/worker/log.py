"""A killed child of a worker is one line in the log: the traceback would show Celery's own code only."""

import logging

from billiard.exceptions import WorkerLostError


class WithoutTraceback(logging.Filter):
    """Drops the traceback of a record about a lost child."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True: the record itself stays."""
        if isinstance(record.args, tuple) and any(isinstance(one, WorkerLostError) for one in record.args):
            record.exc_info = None
        return True


logging.getLogger("celery.worker.request").addFilter(WithoutTraceback())
