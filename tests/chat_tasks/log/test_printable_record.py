"""A value from outside forges no line of a log, whoever formats it."""

import io
import logging
from collections.abc import Iterator

import pytest
from celery.utils.log import ColorFormatter
from tornado.log import LogFormatter

from chat_tasks.log.printable_record import escape_log_records

FORGED = "2026-01-31 12:00:00,000 INFO all is well"
FORMATTERS = [
    logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"),
    ColorFormatter("[%(asctime)s: %(levelname)s/%(processName)s] %(message)s", use_color=False),
    LogFormatter(color=False),
]


@pytest.fixture(params=FORMATTERS, ids=["ours", "a worker's", "Flower's"])
def log(request: pytest.FixtureRequest) -> Iterator[tuple[logging.Logger, io.StringIO]]:
    before = logging.getLogRecordFactory()
    escape_log_records()
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(request.param)
    logger = logging.Logger("test")
    logger.addHandler(handler)
    yield logger, written
    logging.setLogRecordFactory(before)


def test_a_message_is_one_line(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    logger.warning("conversation %s is tried again: %s", '"\u202ek"', f"no reason\n{FORGED}\x1b[1A")
    [line] = written.getvalue().splitlines()
    assert line.endswith(f'conversation "\\u202ek" is tried again: no reason\\n{FORGED}\\u001b[1A')


def test_a_traceback_begins_no_line(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    error = ValueError(f"a value\n{FORGED}\x1b[1A")
    logger.error("starting again after a bug", exc_info=error)
    first, *others = written.getvalue().splitlines()
    assert "starting again after a bug" in first
    assert all(line.startswith("    ") for line in others)
    assert [line.strip() for line in others] == ["ValueError: a value", f"{FORGED}\\u001b[1A"]


def test_a_message_may_end_in_a_line_break(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, written = log
    logger.error("consumer: Cannot connect to %s.\n%s\n\n", "redis", "Trying again")
    assert written.getvalue().endswith("consumer: Cannot connect to redis.\\nTrying again\n")
