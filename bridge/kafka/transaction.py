"""What one Kafka transaction holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from bridge.kafka.headers import Headers

# How many are enough; what belongs together may make it more.
OUTPUTS_PER_TRANSACTION = 5_000

# Characters of an offset's metadata: the broker's `offset.metadata.max.bytes`.
LARGEST_METADATA = 4096


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


class Output(msgspec.Struct, frozen=True, gc=False):
    """A record to produce; `partition` -1 leaves the choice to the client."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class CommittedOffset(NamedTuple):
    """The next offset to consume, and what a successor has to know besides."""

    partition: Partition
    offset: int
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Outputs in order, and the offsets they stem from: all of it happens, or nothing."""

    outputs: Sequence[Output]
    offsets: Sequence[CommittedOffset]
