"""How many dead letters were published, and why: a closed list of reasons, whatever their headers say to people."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bridge.kafka.errors import UnreadableRecords
from bridge.kafka.transaction import Output
from bridge.records.dead_letters import DeadLetterContext, read_dead_letter_headers
from bridge.records.quarantine_letters import QUARANTINED
from chat_tasks.errors import ForeignRecord
from chat_tasks.metrics.definitions import DEAD_LETTERS
from chat_tasks.metrics.metric import Sample

_OTHER = "other"
# What `validation.py` and `dead_letters.py` name before the first colon or dot of their reasons.
_FIELDS = {
    **{name: name for name in ("value", "headers", "conversationKey", "sender", "recipients", "body")},
    **{name: name for name in ("numMsgs", "beforeSeq")},
    "the record has no value": "value",
    "record": "size",
    "key and headers": "size",
}
_ERRORS = {
    ForeignRecord.__name__: ("CONSUME", "foreign"),
    UnreadableRecords.__name__: ("CONSUME", "unreadable"),
    QUARANTINED: ("APPEND", "quarantined"),
}
_VALIDATION = "VALUE_CONVERTER"
_KNOWN = [*_ERRORS.values(), *((_VALIDATION, reason) for reason in dict.fromkeys((*_FIELDS.values(), _OTHER)))]


def stage_and_reason(letter: DeadLetterContext) -> tuple[str, str] | None:
    """The labels of a dead letter; None if it is a receipt."""
    if (known := _ERRORS.get(letter.error)) is not None:
        return known
    if letter.source.stage != _VALIDATION:
        return None
    return _VALIDATION, _FIELDS.get(letter.reason.partition(":")[0].partition(".")[0], _OTHER)


class DeadLetterCounts:
    """The dead letters that one process has published.

    The process of a bridge owns the counts, and they outlive its loops. A handler adds to them in the loop's thread,
    once for each transaction; the thread that answers a Prometheus server reads. No method raises.
    """

    def __init__(self, topic: str) -> None:
        """Of the dead letters in this topic."""
        self._topic = topic
        self._counts: Counter[tuple[str, ...]] = Counter(dict.fromkeys(_KNOWN, 0))
        self._sources: Counter[str] = Counter()

    def published(self, outputs: Sequence[Output]) -> None:
        """Count the dead letters among outputs that were committed."""
        topic = self._topic
        for letter in [output for output in outputs if output.topic == topic]:
            context = read_dead_letter_headers(letter.headers)
            labels = None if context is None else stage_and_reason(context)
            if context is not None and labels is not None:
                self._counts[labels] += 1
                self._sources[context.source.topic] += 1

    def of_topic(self, source: str) -> int:
        """The number of dead letters whose records came from this topic."""
        return self._sources[source]

    def samples(self) -> Iterator[Sample]:
        """What was counted."""
        return DEAD_LETTERS.samples_of_several(self._counts)
