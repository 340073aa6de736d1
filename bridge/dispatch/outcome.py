"""What a worker's reply, or a quarantine, comes to."""

from typing import NamedTuple

from bridge.dispatch.work import Finished
from bridge.records.log_record import LogRecord


class Outcome(NamedTuple):
    """Of records of the log."""

    finished: list[Finished]
    replayed: list[LogRecord]
    refused: dict[str, str]
    """Conversations to quarantine, and why; their records are held."""
    retries: dict[str, int]
    """Reasons for which conversations are tried again, and how many."""
