"""What the log of a worker says of a killed child, and of a Redis that does not work."""

import logging

import pytest
from billiard.exceptions import WorkerLostError
from celery.worker import pidbox, request
from celery.worker.consumer import consumer
from redis import ReadOnlyError

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


def test_a_trouble_with_redis_is_one_line_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    logger = consumer.logger
    assert log.OneLine in {type(one) for one in logger.filters}
    refused = ReadOnlyError("You can't write against a read only replica.")
    with caplog.at_level(logging.WARNING):
        for attempt in range(3):
            logger.error("consumer: Cannot connect to %s: %s.\n%s\n", "redis://here", refused, f"Attempt {attempt}")
    [record] = caplog.records
    assert record.getMessage() == (
        "consumer: Cannot connect to redis://here: ReadOnlyError: You can't write against a read only replica.. "
        "Attempt 0"
    )


def test_a_trouble_that_only_its_traceback_names_is_named_in_the_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        pidbox.logger.warning("retrying", exc_info=ValueError("why"))
    [record] = caplog.records
    assert record.getMessage() == "retrying: ValueError: why"
    assert record.exc_info is None
