"""Decides for each partition whether a group's offset stands, or where the group begins."""

from collections.abc import Mapping, Sequence, Set
from enum import Enum, auto
from typing import Literal, NamedTuple

from bridge.kafka.errors import describe_partitions, offsets_lost
from bridge.kafka.topics.ids import made_anew
from bridge.kafka.transaction import Partition, is_own
from chat_tasks.errors import ConfigurationError

InputStart = Literal["earliest", "latest"]
LogStart = Literal["after-rows", "publish-again"]


class Choices(NamedTuple):
    """What the operator wants if it is not clear where a group begins: the options of `chat-tasks init`."""

    start: InputStart | None = None
    log: LogStart | None = None
    accept_offsets: bool = False
    reset_offsets: bool = False
    leave_letters: bool = False
    accept_rows: bool = False


class Held(NamedTuple):
    """What a group holds of a partition, `offset` None if nothing; `low` and `high` are the ends of what is there.

    `known_id` is the topic's id for which offsets were set, None if that was never stored. `has_begun` says that the
    group got an offset for this partition once, or may have got one before ids were stored. `is_log`: the records are
    accepted, and are never passed over.
    """

    partition: Partition
    offset: int | None
    metadata: str | None
    low: int
    high: int
    topic_id: str
    known_id: str | None
    has_begun: bool
    is_log: bool


class Decision(Enum):
    """What happens to a group's offset of a partition; the last three end `init` with an error.

    - KEEP: the offset stands, or the partition was added later and begins at 0 by itself.
    - MARK: the offset is committed again as this pipeline's own.
    - LOW, HIGH: the group begins at the first record, or at the end.
    - AFTER_ROWS: the group goes on after what is stored.
    - ANEW: the topic is another one than that of the offset.
    - LOST: the group has worked and holds no offset of its own.
    - PAST_END: the offset lies past the end of the log.
    """

    KEEP = auto()
    MARK = auto()
    LOW = auto()
    HIGH = auto()
    AFTER_ROWS = auto()
    ANEW = auto()
    LOST = auto()
    PAST_END = auto()


def has_begun(number: int, known: int, missing: Set[int], *, has_worked_before_ids: bool) -> bool:
    """Whether the group got an offset for the topic's partition of this number, or may have got one.

    The first `known` partitions got theirs together with the topic's id, and `missing` are those without one today. A
    group that has worked when no ids were stored yet may have lost any offset.
    """
    # If an offset of the first partitions is lost, then so are those of partitions that were added later.
    return number < known or not missing.isdisjoint(range(known)) or has_worked_before_ids


def decide(held: Held, choices: Choices) -> Decision:
    """What to do with one partition."""
    begin = Decision.HIGH if choices.start == "latest" and not held.is_log else Decision.LOW
    if held.known_id is not None and held.known_id != held.topic_id:
        # Nothing can be lost or doubled of a topic that is empty.
        return begin if choices.reset_offsets or held.high == 0 else Decision.ANEW
    if held.offset is None and held.known_id is None and (not held.has_begun or held.high == 0):
        return begin
    is_unmarked = held.offset is not None and not is_own(held.metadata)
    # Versions without stored ids did not mark all of their offsets.
    is_foreign = is_unmarked and held.known_id is not None and not choices.accept_offsets
    if is_foreign or (held.offset is None and held.has_begun):
        return _decide_lost(held, choices)
    offset = held.offset or 0
    if choices.reset_offsets and not held.low <= offset <= held.high:
        # The records that a truncated log gets next have the offsets of rows that are stored.
        return Decision.PAST_END if held.is_log and offset > held.high else begin
    return Decision.MARK if is_unmarked else Decision.KEEP


def check_decisions(decisions: Mapping[Partition, Decision], log_topic: str) -> None:
    """Raise `ConfigurationError` if the operator has to choose first; the error names each choice and its cost."""

    def decided(decision: Decision) -> list[Partition]:
        return [partition for partition, one in decisions.items() if one is decision]

    if anew := decided(Decision.ANEW):
        raise made_anew(sorted({partition.topic for partition in anew}))
    if past_end := decided(Decision.PAST_END):
        raise ConfigurationError(
            f"the committed offsets of {describe_partitions(past_end)} lie past the end: the log was truncated, and "
            f"would give the numbers of its lost records twice. Delete the topic {log_topic}, and `chat-tasks init` "
            "makes it anew"
        )
    if lost := decided(Decision.LOST):
        raise offsets_lost(lost, _choices(lost, log_topic))


def check_letters(log_topic: str, quarantined: int, choices: Choices) -> None:
    """Raise `ConfigurationError` if a log that was made anew leaves letters of so many conversations behind."""
    if quarantined and not choices.leave_letters:
        raise ConfigurationError(
            f"{log_topic} was made anew while {quarantined} conversations are quarantined, and no release publishes "
            "dead letters of a log that is gone: release all conversations before a log is made anew. "
            "`chat-tasks init --leave-letters` goes on without these letters, which stay in the topic"
        )


def _decide_lost(held: Held, choices: Choices) -> Decision:
    if held.is_log:
        return {None: Decision.LOST, "after-rows": Decision.AFTER_ROWS, "publish-again": Decision.LOW}[choices.log]
    return {None: Decision.LOST, "earliest": Decision.LOW, "latest": Decision.HIGH}[choices.start]


def _choices(lost: Sequence[Partition], log_topic: str) -> str:
    told = []
    if any(partition.topic != log_topic for partition in lost):
        told.append(
            "`--from latest` passes over what the inputs hold, `--from earliest` takes it again under new numbers"
        )
    if any(partition.topic == log_topic for partition in lost):
        told.append(
            f"`--log after-rows` goes on with the records of {log_topic} that have no row, `--log publish-again` "
            "publishes all that it holds once more under the same numbers"
        )
    told.append("`--accept-offsets` obeys offsets that something else has set")
    return f"Choose for `chat-tasks init`: {'; '.join(told)}"
