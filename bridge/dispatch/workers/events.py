"""What the threads that talk to Redis tell the loop."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.dispatch.work import OutgoingTask


@dataclass(frozen=True, slots=True)
class Sent:
    """These tasks are in their queues."""

    tasks: Sequence[OutgoingTask]


@dataclass(frozen=True, slots=True)
class LookedFor:
    """Of the tasks asked after, those in `waiting` are still in their queues."""

    asked: Sequence[str]
    waiting: Sequence[str]


@dataclass(frozen=True, slots=True)
class Replies:
    """Undecoded replies, and the list they were sent to."""

    list_name: str
    values: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class RedisLost:
    """Redis does not answer, or has forgotten something: take every task in flight for lost."""

    reason: str


@dataclass(frozen=True, slots=True)
class RedisBack:
    """Tasks can be sent."""
