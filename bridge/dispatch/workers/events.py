"""The events by which the threads that talk to Redis tell the loop what happened."""

from collections.abc import Sequence
from typing import NamedTuple

from bridge.dispatch.work import OutgoingTask


class Sent(NamedTuple):
    """These tasks are in their queues."""

    tasks: Sequence[OutgoingTask]


class LookedFor(NamedTuple):
    """Of the tasks that were asked for, those in `waiting` are still in their queues."""

    asked: Sequence[str]
    waiting: Sequence[str]


class Replies(NamedTuple):
    """Undecoded replies, and the list that they were sent to."""

    list_name: str
    values: Sequence[bytes]


class RedisLost(NamedTuple):
    """Redis does not answer, or has forgotten something: every task in flight counts as lost."""

    reason: str


class RedisBack(NamedTuple):
    """Redis answers: tasks can be sent."""
