"""What a worker says of a task that it has: how large it is and since when, and no key or text."""

import re
from typing import NamedTuple

_SUMMARY = re.compile(r"\((\d{1,9}) conversations, (\d{1,9}) (records|requests)\)")
_KINDS = ("append", "replay", "latest")
_LONGEST_ID = 100


class TaskInHand(NamedTuple):
    """A task: `seconds` is how long a process has had it, None if it still waits for one.

    `kind` is append, replay or latest, and empty if the task's id does not tell. The numbers are None if the task does
    not tell them.
    """

    task_id: str
    kind: str
    queue: str
    conversations: int | None
    records: int | None
    seconds: float | None


def task_in_hand(task_id: str, queue: str, summary: str, seconds: float | None) -> TaskInHand:
    """The task as it is told; `summary` is what its sender wrote in place of its arguments."""
    kind = task_id.partition("-")[0]
    found = _SUMMARY.fullmatch(summary)
    return TaskInHand(
        task_id[:_LONGEST_ID],
        kind if kind in _KINDS else "",
        queue,
        None if found is None else int(found[1]),
        None if found is None else int(found[2]),
        None if seconds is None else max(0.0, seconds),
    )
