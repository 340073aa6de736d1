"""What is wrong with the rows of some published messages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from bridge.records.published import PublishedMessage
from chat_tasks.conversation.buckets import bucket_of
from chat_tasks.storage.inspection.stored_runs import ComparedRow


class Kind(StrEnum):
    """What an anomaly is.

    - MISSING: published messages without a row.
    - CHANGED: a row has another sender, other recipients or another body than the message.
    - EXTRA: a row whose record the group has finished, and no message was published.
    - GAP: numbers that were not published, between others that were.
    - DOUBLED: a number that was published twice, or below one that was published before.
    - ORDER: a row comes from an earlier record of the log than the row below.
    """

    MISSING = "missing"
    CHANGED = "changed"
    EXTRA = "extra"
    GAP = "gap"
    DOUBLED = "doubled"
    ORDER = "order"


class Anomaly(NamedTuple):
    """The numbers from `first` to `last` of a conversation that are wrong in one way."""

    kind: Kind
    conversation_key: str
    first: int
    last: int


def runs_of(messages: Iterable[PublishedMessage], bucket_size: int) -> Iterator[list[PublishedMessage]]:
    """The messages in runs: consecutive numbers of one conversation in one bucket. Each number once."""
    by_number = {(one.conversation_key, one.sequence): one for one in messages}
    run: list[PublishedMessage] = []
    for (key, number), message in sorted(by_number.items(), key=lambda item: item[0]):
        follows = run and (key, number) == (run[-1].conversation_key, run[-1].sequence + 1)
        if run and not (follows and bucket_of(number, bucket_size) == bucket_of(run[-1].sequence, bucket_size)):
            yield run
            run = []
        run.append(message)
    if run:
        yield run


def compare(run: Sequence[PublishedMessage], rows: Mapping[int, ComparedRow]) -> Iterator[Anomaly]:
    """The anomalies of a run, of MISSING, CHANGED and ORDER; neighbours of one kind are one."""
    key = run[0].conversation_key
    found: list[Anomaly] = []
    below: ComparedRow | None = None
    for message in run:
        row = rows.get(message.sequence)
        if (kind := _anomaly(message, row, below)) is not None:
            if found and found[-1].kind is kind and found[-1].last == message.sequence - 1:
                found[-1] = found[-1]._replace(last=message.sequence)
            else:
                found.append(Anomaly(kind, key, message.sequence, message.sequence))
        below = row
    yield from found


def is_erased(message: PublishedMessage, row: ComparedRow) -> bool:
    """Whether texts of the message are blank in its row, and all others are the message's own."""
    return _texts(row) != _texts(message) and all(
        theirs == ours or not theirs for theirs, ours in zip(_texts(row), _texts(message), strict=True)
    )


def _anomaly(message: PublishedMessage, row: ComparedRow | None, below: ComparedRow | None) -> Kind | None:
    if row is None:
        return Kind.MISSING
    if _texts(row) != _texts(message) and not is_erased(message, row):
        return Kind.CHANGED
    is_one_log = below is not None and row.log_id is not None and row.log_id == below.log_id
    if is_one_log and below is not None and (row.log_offset or 0) < (below.log_offset or 0):
        return Kind.ORDER
    return None


def _texts(one: Any) -> tuple[str, list[str], str]:
    """Cassandra does not tell an empty list from none."""
    return one.sender or "", list(one.recipients or ()), one.body or ""
