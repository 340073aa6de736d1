"""Receipts of dead letters that were sent again to the topic from which they came.

A receipt is a record without a value in `dead_letter`, written in the same transaction as the record that is sent
again. It is in the partition of its letter, and so behind it: whatever deletes old records deletes a letter before its
receipt. For the readers of a release it is no letter and no receipt, because its source is not the log.
"""

from typing import NamedTuple, Self

from bridge.kafka.transaction import Output
from bridge.records.dead_letters import DeadLetterContext, Source, dead_letter_headers
from chat_tasks.settings import Settings

_STAGE = "REPLAY"
_REPLAYED = "ReplayedLetter"


class LetterId(NamedTuple):
    """Where a letter is in `dead_letter`; as text `3@1842`."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}@{self.offset}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The id that a text spells. Raises `ValueError`."""
        partition, separator, offset = text.partition("@")
        if not (separator and partition.isdecimal() and offset.isdecimal()):
            raise ValueError("it is not a partition, an @ and an offset")
        return cls(int(partition), int(offset))


def encode_replay_receipt(settings: Settings, letter: LetterId, key: bytes | None) -> Output:
    """The receipt of the letter, which has this key."""
    source = Source(settings.dead_letter_topic, letter.partition, letter.offset, _STAGE, settings.instance_name)
    headers = dead_letter_headers([], source, _REPLAYED, "the dead letter at this offset was sent again")
    return Output(settings.dead_letter_topic, letter.partition, key, None, headers)


def read_replay_receipt(settings: Settings, context: DeadLetterContext) -> LetterId | None:
    """The letter whose receipt has these headers; None if they are those of something else."""
    source = context.source
    if context.error != _REPLAYED or source.topic != settings.dead_letter_topic:
        return None
    return LetterId(source.partition, source.offset)
