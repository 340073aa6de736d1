"""What a check answers, and what all answers together say."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """How an answer is to be taken.

    - OK: nothing has to be done.
    - UNKNOWN: not asked, because a server does not answer; the server has a failure of its own.
    - WARNING: works, and something should be done.
    - FAILURE: something does not work, or no bridge would start.
    """

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAILURE = "failure"


class Answer(NamedTuple):
    """One thing that a check found, and what mends it; the remedy of a failure may be the check's own."""

    status: Status
    detail: str
    remedy: str = ""


class Finding(NamedTuple):
    """An answer with the name of its check."""

    check: str
    status: Status
    detail: str
    remedy: str = ""


def ok(detail: str) -> Answer:
    """Nothing has to be done."""
    return Answer(Status.OK, detail)


def warning(detail: str, remedy: str = "") -> Answer:
    """It works, and something should be done."""
    return Answer(Status.WARNING, detail, remedy)


def failure(detail: str, remedy: str = "") -> Answer:
    """It does not work."""
    return Answer(Status.FAILURE, detail, remedy)


def exit_code(findings: Iterable[Finding]) -> int:
    """2 if anything has failed, 1 if there are warnings, else 0."""
    found = {one.status for one in findings}
    return 2 if Status.FAILURE in found else 1 if Status.WARNING in found else 0
