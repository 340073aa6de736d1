"""What can be wrong with a history."""

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """The kinds of anomaly; each is a broken promise."""

    LOST = auto()
    """An acknowledged message never came out."""
    DOUBLED = auto()
    """A message came out twice, or a number was given to two."""
    INVENTED = auto()
    """A message came out that nobody sent, or in another conversation."""
    GAP = auto()
    """Below a conversation's highest number one is missing."""
    OUT_OF_ORDER = auto()
    """A reader saw a number after a higher one."""
    WRONG_PARTITION = auto()
    """A conversation is in two partitions."""
    INPUT_ORDER = auto()
    """Two records of one input partition and one conversation got numbers in the other order."""
    ROW_DIFFERS = auto()
    """Row and output of one number are different messages."""
    ROW_WITHOUT_OUTPUT = auto()
    OUTPUT_WITHOUT_ROW = auto()
    OUTPUT_DIFFERS = auto()
    """An output's value says what its row says, but not in the contract's bytes, or is no message at all."""
    LETTER_LOST = auto()
    LETTER_DOUBLED = auto()
    LETTER_INVENTED = auto()
    """A dead letter of a valid record, of no record, or with another value than its record."""
    BLOCK_LOST = auto()
    BLOCK_DOUBLED = auto()
    BLOCK_INVENTED = auto()
    BLOCK_STALE = auto()
    """A block lacks a message that was readable before it was asked for."""
    BLOCK_WRONG = auto()
    """A block never was the newest messages of its conversation, as many as asked for."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One thing that is wrong. `text` names conversation, numbers and positions."""

    kind: Kind
    conversation: str | None
    text: str
