"""The content of one Kafka transaction: outputs, and the offsets of the inputs that they come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeGuard

import msgspec

from bridge.kafka.headers import Headers

# A transaction takes no further outputs from here on. Outputs that belong together may make it larger.
OUTPUTS_PER_TRANSACTION = 5_000

# Bytes of values that a transaction has at most, however fast Kafka is: what fits into the producer's buffer.
LARGEST_TRANSACTION = 256_000_000

# The metadata of a commit that says nothing but that this pipeline made it. Dispatch reads it as that of a group that
# has finished nothing yet. Kafka's tools commit without metadata, and nobody follows such a commit unasked.
OWN_METADATA = "2::0:"

# The longest metadata of an offset in characters: the default of the broker's `offset.metadata.max.bytes`.
LARGEST_METADATA = 4096


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int


def is_own(metadata: str | None) -> TypeGuard[str]:
    """Whether a commit with this metadata comes from this pipeline: it begins with the version of its format."""
    return metadata is not None and metadata.partition(":")[0].isdecimal()


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
    metadata: str = OWN_METADATA


class Source(NamedTuple):
    """The topic whose records were worked on for nothing but a transaction, and since when: nanoseconds since 1970."""

    topic: str
    since: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """Outputs in order, and the offsets of the inputs: all of it happens, or nothing. `size` is the values' bytes.

    There is no `source` if others have worked on the inputs meanwhile.
    """

    outputs: Sequence[Output]
    offsets: Sequence[CommittedOffset]
    size: int = 0
    source: Source | None = None
