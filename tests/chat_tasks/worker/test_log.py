"""What the log says of a killed child."""

import logging

import pytest
from billiard.exceptions import WorkerLostError
from celery.worker import request

from chat_tasks.worker import log


@pytest.mark.parametrize(
    ("error", "has_traceback"), [(WorkerLostError("signal 9"), False), (ValueError("something else"), True)]
)
def test_only_a_lost_child_has_no_traceback(
    caplog: pytest.LogCaptureFixture, error: Exception, has_traceback: bool
) -> None:
    assert log.WithoutTraceback in {type(one) for one in request.logger.filters}
    with caplog.at_level(logging.ERROR):
        request.logger.error("Task handler raised error: %r", error, exc_info=error)
    [record] = caplog.records
    assert bool(record.exc_info) == has_traceback
    assert type(error).__name__ in record.getMessage()
