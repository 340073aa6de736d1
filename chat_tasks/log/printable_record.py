"""Log records that no value from outside can forge, for whatever formatter prints them: ours, Celery's or Flower's."""

import logging
from typing import Any

from chat_tasks.printable import printable

_FORMATTER = logging.Formatter()


class PrintableRecord(logging.LogRecord):
    """A record whose message is one line, and whose traceback is indented, so that neither can begin another record."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self.exc_info:
            lines = _FORMATTER.formatException(self.exc_info).split("\n")
            # Formatters print this text in place of one of their own.
            self.exc_text = "\n".join(f"    {printable(line)}" for line in lines)

    def getMessage(self) -> str:  # noqa: N802 - logging's name
        """The message with its arguments, escaped."""
        return printable(super().getMessage().rstrip())


def raw_message(record: logging.LogRecord) -> str:
    """The message with its arguments, not escaped yet."""
    return logging.LogRecord.getMessage(record)


def escape_log_records() -> None:
    """Make every later log record of this process a `PrintableRecord`."""
    logging.setLogRecordFactory(PrintableRecord)
