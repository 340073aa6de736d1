"""The content of one Kafka transaction: outputs, and the offsets of the inputs that they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from bridge.kafka.headers import Headers

# A transaction takes no further outputs from here on. Outputs that belong together may make it larger.
OUTPUTS_PER_TRANSACTION = 5_000

# The longest metadata of an offset in characters: the default of the broker's `offset.metadata.max.bytes`.
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
    """The next offset to consume, and the metadata that a successor needs besides."""

    partition: Partition
    offset: int
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Outputs in order, and the offsets of the inputs: all of it happens, or nothing."""

    outputs: Sequence[Output]
    offsets: Sequence[CommittedOffset]
