"""Says which partitions are held back by an open transaction: nobody is at fault here, and nothing else tells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bridge.kafka.reading.open_transactions import PATIENCE_SECONDS, OpenTransaction
from bridge.kafka.transaction import Partition

_REPEAT_SECONDS = 300.0


@dataclass(slots=True)
class _Held:
    """A partition that is held back at the offset `first`, where it ends, and when to speak of that next."""

    first: int
    end: int
    say_at: float
    is_said: bool = False


class HeldBackLine(NamedTuple):
    """A line to log: its event, the partition and offset that it is about, and its text."""

    event: str
    partition: Partition
    offset: int
    text: str


class HeldBack:
    """The partitions of a loop that an open transaction holds back.

    `DeliveryWatch` owns it and uses it in its thread. A partition is held back if its last stable offset has been
    below its end and has not moved for ten seconds. Times are seconds of a monotonic clock. No method raises.
    """

    def __init__(self) -> None:
        self._held: dict[Partition, _Held] = {}

    @property
    def named(self) -> Sequence[OpenTransaction]:
        """The open transactions that were named and have not ended; called in any thread."""
        held_back = list(self._held.items())
        return [OpenTransaction(partition, held.first, held.end) for partition, held in held_back if held.is_said]

    def observe(
        self, now: float, stable: Mapping[Partition, int], ends: Mapping[Partition, int]
    ) -> Iterator[HeldBackLine]:
        """The lines to log: one when a partition is held back, one every five minutes, one when it is not any more.

        `stable` is how far readers of committed records get, `ends` how far the partitions go. Partitions that are not
        observed stay as they are.
        """
        for partition, first in stable.items():
            held, end = self._held.get(partition), ends.get(partition, first)
            if held is not None and (held.first != first or end <= first):
                del self._held[partition]
                if held.is_said:
                    text = f"{partition.topic}[{partition.number}] is not held back at offset {held.first} any more"
                    yield HeldBackLine("partition_free", partition, held.first, text)
                held = None
            if end <= first:
                continue
            if held is None:
                self._held[partition] = _Held(first, end, now + PATIENCE_SECONDS)
                continue
            held.end = end
            if now >= held.say_at:
                held.say_at, held.is_said = now + _REPEAT_SECONDS, True
                text = f"{OpenTransaction(partition, first, end)}; `kafka-transactions.sh` names and aborts it"
                yield HeldBackLine("partition_held_back", partition, first, text)
