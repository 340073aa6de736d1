"""What a chaos run saw: plain data, kept as JSON, which the checker judges afterwards."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, TypeAdapter

Value = Annotated[
    bytes,
    # Latin-1 has a character for every byte, and leaves the ASCII of most values readable.
    PlainSerializer(lambda value: value.decode("latin-1"), when_used="json"),
    BeforeValidator(lambda text: text.encode("latin-1")),
]

INPUT_TOPIC = "instant_message_in"
"""The contract's name of the input topic; a run's own input topic has another name, and is told by this one."""

OFFSET_NOT_TOLD = -1
"""Kafka acknowledges a repeated record of an idempotent producer without saying which offset the first one got."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An acknowledged valid record of `instant_message_in`; `body` is unique in the run. `at`: seconds since 1970."""

    partition: int
    offset: int
    conversation: str
    body: str
    at: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """A valid record whose acknowledgement never came: it may come out once, or never."""

    conversation: str
    body: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """An acknowledged record of `instant_message_in` that is not valid."""

    partition: int
    offset: int
    value: Value
    at: float


@dataclass(frozen=True, slots=True)
class Output:
    """A record of `instant_message_out` as a read_committed reader saw it."""

    partition: int
    offset: int
    conversation: str
    sequence: int
    body: str
    value: Value
    at: float


@dataclass(frozen=True, slots=True)
class Row:
    """A row in Cassandra."""

    conversation: str
    sequence: int
    sender: str
    recipients: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record of `dead_letter`, with where it came from."""

    source_topic: str
    source_partition: int
    source_offset: int
    value: Value


@dataclass(frozen=True, slots=True)
class Request:
    """An acknowledged record of `latest_messages_request` without `beforeSeq`; `count` is at most the allowed maximum.

    `readable` messages of the conversation had been seen in `instant_message_out` before it was sent.
    """

    identity: str
    conversation: str
    count: int
    readable: int
    at: float


@dataclass(frozen=True, slots=True)
class Block:
    """A record of `latest_messages_block`: (sender, body, sequence) each, oldest first."""

    identity: str
    conversation: str
    messages: tuple[tuple[str, str, int], ...]
    at: float


@dataclass(frozen=True, slots=True)
class Fault:
    """What the nemesis did, from when to when, in seconds since 1970."""

    name: str
    began: float
    ended: float


@dataclass(slots=True)
class History:
    """All that was seen. Outputs stand in the order in which they were read; the order of the others says nothing."""

    sent: list[Sent] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    invalid: list[Invalid] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    deleted_below: dict[str, int] = field(default_factory=dict)
    """By conversation: its rows with lower numbers were deleted on purpose at some time of the run."""
    erased: dict[str, set[int]] = field(default_factory=dict)
    """By conversation: the numbers of the messages that were erased at some time of the run, and are so at its end."""

    def save(self, path: Path) -> None:
        """Write it as one line of JSON."""
        path.write_bytes(_adapter.dump_json(self))

    @staticmethod
    def load(path: Path) -> "History":
        """Read what `save` wrote. Raises `OSError`, and pydantic's `ValidationError` where it is something else."""
        return _adapter.validate_json(path.read_bytes())


_adapter = TypeAdapter(History)
