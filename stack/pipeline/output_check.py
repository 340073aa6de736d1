"""Does `instant_message_out` keep the promise? Judged from its records alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class OutputCheck:
    """Takes the output records, each partition's in its order, and finds faults. Message bodies must be unique."""

    expected: dict[str, set[str]]
    """The bodies sent, by conversation."""
    _next: dict[str, int] = field(default_factory=dict)
    _partition: dict[str, int] = field(default_factory=dict)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    _faults: list[str] = field(default_factory=list)

    def add(self, partition: int, value: bytes) -> bool:
        """Take one record; whether it is of one of the expected conversations."""
        record = orjson.loads(value)
        key, sequence = record["conversationKey"], record["conversationMsgSeq"]
        if key not in self.expected:
            return False
        wanted = self._next.get(key, 0)
        if sequence != wanted:
            self._faults.append(f"{key}: number {sequence} where {wanted} was due")
        self._next[key] = sequence + 1
        if self._partition.setdefault(key, partition) != partition:
            self._faults.append(f"{key}: in partitions {self._partition[key]} and {partition}")
        self._seen[key, record["body"]] += 1
        return True

    @property
    def count(self) -> int:
        """How many different messages have come."""
        return len(self._seen)

    @property
    def total(self) -> int:
        """How many different messages have to come."""
        return sum(len(bodies) for bodies in self.expected.values())

    def faults(self) -> list[str]:
        """Everything that is wrong, losses included; empty if the promise holds."""
        sent = {(key, body) for key, bodies in self.expected.items() for body in bodies}
        return [
            *self._faults,
            *(f"{key}: a message came {times} times" for (key, _), times in self._seen.items() if times > 1),
            *_count("lost", sent - self._seen.keys()),
            *_count("never sent", self._seen.keys() - sent),
        ]


def _count(what: str, messages: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{key}: {count} messages {what}" for key, count in Counter(key for key, _ in messages).items()]
